import { expect } from 'chai';
import fc from 'fast-check';
import { createNameGuard } from '../../src/domain/name-guard.js';
import type { TextField } from '../../src/domain/text.js';

const TODAY = new Date('2026-11-23T12:00:00Z');
const guard = createNameGuard({ now: () => TODAY });

const FREE_TEXT: TextField[] = ['group_name', 'model_name', 'version', 'description', 'label_name'];
const DATED: TextField[] = ['group_name', 'version', 'description'];

/** One name between two bars. */
function list([text = '']: readonly string[]): string[] {
  return text.split(/[|\n]/).flatMap((name) => name.trim() || []);
}

describe('name guard', () => {
  describe('lets ordinary names pass in every free-text field', () => {
    const names = list`
      nnU-Net v2.3.1 | TotalSegmentator 2.4.0 | MONAI 1.3.0 / PyTorch 2.1 | BraTS2021 | AbdomenCT-1K | KiTS19
      LIDC-IDRI-0001 | TCGA-02-0006 | BraTS20_Training_001 | BraTS-GLI-00123-000 | case_00012 | sub-01_ses-02
      Liver (Couinaud VIII) | left_kidney | L5-S1 | vertebrae_T12 | Milz | 간 | 왼쪽 신장 | 肝臓 | foie | печень
      rib_left_12 | GTV-T_1 | lung nodule #3 | Lobe 1/2/3 | C1-C7 | Segment 4a/4b | Ventricle 3 + 4
      T1w post-contrast 3 mm | 1.5 T | 3T | T2-FLAIR | DWI b=1000 s/mm2 | b 0 500 1000 2000 | TE 90 ms TR 4000 ms
      window 40/400 | W:1500 L:-600 | HU -100 to 300 | 512x512x1024 | 512 x 512 x 300 | 0.7 x 0.7 x 1.25 mm
      matrix 512 512 1024 | 10-20-30 | 80/10/10 | 01/02/03 | 24.05.12 | fold 0-4 | fold 1/5 | 5-fold | top-5 of 10 | 1,234,567 voxels
      120 kVp 250 mAs | TS_v2.0.5_fast | arXiv:2010.11929 | PID regulator v2 | 1_000_000 steps | OAS30001 | 3.0T MR, TE/TR 90/4000
      ckpt_epoch_1000 | step 250000 | iter_1000000 | checkpoint-2500000 | lr 1e-4 | mAP@0.5 | Dice@0.75 | IoU 0.91
      sha 1a2b3c4 | commit 1234567 | 1.4.0-12-g1234567 | build 123456 | v1 | 2.0.0-rc.1 | 1.0.0-alpha+001 | 10.15.7
      mm^2 | 10^3 voxels | R^2 = 0.95 | 10^-3 mm^2/s | COVID-19 lesions | Phase III | p<0.05 | 95% CI | ±2 mm
      patient-friendly | outpatient CT | patient | patients | Patient table | inpatient | per patient 10 slices
      patient 3 mm | patient 5-fold | patient 3D | patient L5-S1 | patient T1w scans | multi-patient
      patient 65 years
      PID controller | lipid 12 | rapid_123 | mRNA 123 | stillborn | newborn 2 T | born to segment | birth canal
      b0 and b1000
      tel aviv | phone a friend | saxophone 3 | telencephalon 12 | at 3 T (at rest) | a @ b | @home | C++17 | +10 HU
      +100 -1000 HU
      may 3 lesions | march of 12 | decoder 12 layers | enc3dec64 | separate 12 2000 cases | octree 3
      2024 | 2019-2024 | 2024-10 | Q3/2024 | 1980s | 1999 | 12/2023 | 6/8 | 1.2.3.4 | 1.2.840.10008.5.1.4
      SCT:10200004 | SRT:T-62000 | FMA:7197 | DCM:123456 | (10200004, SCT, "Liver") | Liver (SCT:10200004)
      SNOMED CT 10200004 | UBERON:0002107 | UMLS:C0023884 | RADLEX:RID58 | sct 181268008 | LN:24627-2 | NCIT:C12392
      550e8400-e29b-41d4-a716-446655440000 | d41d8cd98f00b204e9800998ecf8427e | slice 0000123 | AI-결과 3차
      O’Brien’s atlas
      nodule 6mm @ LUL | git@github.com | Kidney, left | 100-200 HU | slices 12-48 | 001-002 | 3-12-48 | 12.5.3
      image@sha256:4b825dc642cb6eb9a060e54bf8d69288fbee4904 | 4b825dc642cb6eb9a060e54bf8d69288fbee4904
      😀 happy path | Ünïcödé läbel | ? | - | 1 | 123456
    `;
    for (const name of names) {
      it(name, () => {
        for (const field of FREE_TEXT) expect(guard(field, name), field).to.equal(null);
      });
    }
  });

  describe('lets ordinary file names pass', () => {
    const names = list`
      slice_0001.png | slice-12.png | 0001.png | 000000.png | 0000123_liver.png | IMG0000123.dcm | 00000001.dcm
      1.2.840.113619.2.55.3.604688119.971.1234567890.123.png | 2.25.329800735698586629295641978511506172918.dcm
      1.3.6.1.4.1.14519.5.2.1.6279.6001.100225287222365663678666836860.nii.gz | CT.1.2.840.113619.2.5.1762583153.dcm
      1.2.840.113619.2.55.3.604688119.971.1234567890.123_liver.png | SEG_1.2.276.0.7230010.3.1.4.8323329.dcm
      1.2.276.0.7230010.3.1.4.8323329.0001.dcm | 1.2.3.4567890.png | 1.3.12.2.1107.5.1.4.54023.30000004.nii
      550e8400-e29b-41d4-a716-446655440000.png | 4b825dc642cb6eb9a060e54bf8d69288fbee4904.json
      SCT_10200004.png | SCT-10200004_slice_0001.png | UBERON_0002107.nii.gz | case_012_03_0045.png | 001-02-0003.png
      123-456-0001.png | la_001.nii.gz | hepaticvessel_001.nii.gz | volume-0.nii | s0011.nii.gz | verse004_seg.nii.gz
      BraTS2021_00000_seg.nii.gz | label.seg.nrrd | iter_1000000.png | T1w.nii | mask-512x512.png | 0012-0034-0056.png
    `;
    for (const name of names) {
      it(name, () => expect(guard('filename', name)).to.equal(null));
    }
  });

  describe('refuses in every free-text field', () => {
    const cases: Record<string, string[]> = {
      'DICOM person name': list`
        DOE^JOHN | Doe^J | ^John | KIM^MINSU^^^ | 김^민수 | HONG^GILDONG=洪^吉洞 | mask of Doe^Jane | DOE＾JOHN
        mm^2 DOE^J | Doe^12a | DOEˆJOHN
      `,
      'e-mail address': list`
        john.doe@hospital.org | mail to a@b.co | j_doe+ct@radiology.uni-bonn.de | KIM@SNUH.CO.KR | doe＠hospital.org
        john(at)hospital.org | john [at] hospital.org | kim@병원.한국 | <a@b.io> | john @ hospital.org
      `,
      'date of birth': list`
        DOB 1980 | dob: 01/02/80 | DOB19800101 | D.O.B. 1.2.80 | born 1980 | Born on 3 May 80 | born in 2020
        birthdate 800101
        birth_date_2024-05-01 | Date of Birth: 2024-05-01 | BirthDate=20240501 | patientBirthDate 2024 | geb. 1.2.80
        geboren am 1.2.80
        생년월일 800101 | 80년생 | 1980년 생 | 1980年生 | year of birth 1975 | b-day 2024-01-01 | born: Jan 3
      `,
      'date, which may be': list`
        1980-01-01 | 1980/01/01 | 1980.01.01 | 1980_01_01 | 1980 01 01 | 1980.1.1 | 1980. 1. 1. | 1980 - 01 - 01
        19800101 | x19800101y | 19800101_liver | 19800101T101500 | 1980010112 | 1980-1-1 | 1980/1/31 | 1980--01--01
        01.02.1980 | 1.2.1980 | 31.12.1999 | 01/31/1980 | 31/01/1980 | 1/2/1980 | 01-02-1980 | 01 02 1980 | 01_02_1980
        01/02/80 | 12/25/79 | 01-Jan-1980 | 1 January 1980 | 1st of Jan 1980 | Jan 1, 1980 | January 1st, 1980 | 01JAN1980 | 1.Januar 1980
        1. März 1980
        01-JAN-80 | 3 Mai 1980 | 1980 Jan 01 | 1980-JAN-01 | 15 Okt. 1975 | Sept 3 1966 | 1980년 1월 1일 | 1980年1月1日
        80년 1월 1일
        １９８０-０１-０１ | ١٩٨٠-٠١-٠١ | 1980‑01‑01 | 1980–01–01 | 1980−01−01 | 1980\u00a001\u00a001 | 1980／01／01
        1980。01。01
        2015-05-01 | 2016-11-20 | 20161120 | 29.02.2000
      `,
      'phone number': list`
        +82 10-1234-5678 | +1 (555) 123-4567 | +1-555-123-4567 | +49 30 123456 | +41446681800 | +33 1 23 45 67 89
        +44.20.7946.0958
        (555) 123-4567 | (555)123-4567 | 555-123-4567 | 555.123.4567 | 555 123 4567 | 1-800-555-1234 | 123-456-7890
        555_123_4567
        call 555–123–4567 | 555 - 123 - 4567 | ５５５-１２３-４５６７ | 0049 30 123456 | 010-1234-5678 | 010 1234 5678
        02-123-4567
        020 7946 0958 | tel. 123 456 | phone: 12 34 56 | Fax 030/123456 | Telefon: 0171 12345 | 전화 123-4567
        휴대폰: 010 123 4567
      `,
      'social security number': list`123-45-6789 | 078-05-1120 | SSN 123 45 6789 | 123.45.6789 | 123_45_6789 | 123–45–6789 | ١٢٣-٤٥-٦٧٨٩`,
      'resident registration number': list`
        800101-1234567 | 800101 1234567 | 800101_1234567 | 800101–1234567 | ８００１０１-１２３４５６７ | 800101-1******
        주민번호 990315-2012345 | 020229-4123456 | 800101 - 1234567
      `,
      'patient or a medical record': list`
        MRN 12345 | MRN:123456 | mrn_0042 | MRN#A-123 | M.R.N. 42 | MRN12345 | PID-0042 | pid 7 | PID: ABC123 | PID=9
        mrn: ９９
        patient 12345 | Patient_001 | patient-7 | patient#7 | patient001_frame01 | patient A123 | Patient: 42
        patient 1 | PATIENT 0001
        patient_id 5 | PatientID 4711 | patientId=5 | pat-id 99 | Pat. Nr. 12 | Patienten-Nr. 123 | patient no. 5
        patient number 5
        myPatientID12 | TestPatient123 | patient identifier X12 | medical record number 77 | Medical Record 77
        patient name: Kim | patient #A12B3 | PatientName=Doe
        환자번호 1234 | 환자 123 | 등록번호: 77 | 차트번호 12 | 患者番号 12 | patients001 | liver of patient 12345 | patient 2024-05
      `,
      '7 or more digits': list`
        1234567 | 12345678 | 0123456789 | A1234567 | liver1234567 | 1234567_seg | id 98765432 | １２３４５６７ | ١٢٣٤٥٦٧
        𝟏𝟐𝟑𝟒𝟓𝟔𝟕
        12\u200b34\u200b567 | 1234\u0336567 | 1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣ | 0012345678 | 01011980 | 20991231 | 99999999
        SCT:12345678901234567890
        XYZ:1234567 | 13912345678 | 11111111111111111111111111111111
      `,
    };
    for (const [reason, values] of Object.entries(cases)) {
      for (const value of values) {
        it(`${value} (${reason})`, () => {
          for (const field of FREE_TEXT) expect(guard(field, value), field).to.include(reason);
        });
      }
    }
  });

  describe('refuses as a file name', () => {
    const names = list`
      19800101.png | 1980-01-01.png | 01.01.1980.png | 1.2.1980.png | 1980_01_01_liver.png | 01-Jan-1980.png
      dob_800101.png
      20240501.png | 2024-05-01_liver.png | liver_20240501_0001.png | sub-01_ses-20240501_T1w.nii.gz | 1.19800101.png
      1.2.19800101.png
      123-45-6789.png | 555-123-4567.png | 1.555.123.4567.png | 800101-1234567.dcm | 010-1234-5678.png
      800101-1000001.png
      MRN_12345.png | MRN0000123.png | PID-0042.png | patient_001.png | patient001_frame01_gt.nii.gz | PatientID_7.dcm
      pat-id-9.png
      1234567.png | 0123456.png | 0000123456.png | A1234567_liver.png | 12345678.nii.gz | SEG_99999999.dcm
      1.99.3.1234567.png
    `;
    for (const name of names) {
      it(name, () => expect(guard('filename', name)).to.be.a('string'));
    }
  });

  describe('takes dates of the last ten years for what they are', () => {
    const recent = list`
      2024-05-01 | 20240501 | v20251101 | 2024.1.2 | 2024.05.01 | run of 1 May 2024 | 01.05.2024 | 05/31/2024
      2024_05_01 | 2016-11-23
      20240501_120000 | 20240501120000 | 2024-05-01T12:00:00Z | 1.7.0.dev20240501 | 1.0.0+20240501 | 1.0.20240501 | 2.1.20240501.3
      2026-11-23
      2024년 5월 1일 | 01-MAY-24
      from 2024-05-01 to 20240601 | 2030-12-31
    `;
    for (const value of recent) {
      it(`${value} passes in a group name, a version and a description`, () => {
        for (const field of DATED) expect(guard(field, value), field).to.equal(null);
      });
    }
    for (const value of ['2024-05-01', '20240501', '01.05.2024', '1 May 2024', '2024_05_01']) {
      it(`${value} is refused in a label, a model name and a file name`, () => {
        for (const field of ['label_name', 'model_name', 'filename'] as const)
          expect(guard(field, value), field).to.include('date');
      });
    }
    it('takes a calendar version in a model name for a version', () => {
      expect(guard('model_name', 'OpenVINO 2024.1.2')).to.equal(null);
      expect(guard('model_name', 'OpenVINO 1980.1.2')).to.include('date');
    });
    it('refuses a recent date with a word for birth, and a text with one old date among recent ones', () => {
      for (const field of DATED) {
        expect(guard(field, 'DOB 2024-05-01'), field).to.include('birth');
        expect(guard(field, '2024-05-01, 1980-01-01'), field).to.include('date');
      }
    });
    it('does not let a recent date hide a number beside it', () => {
      expect(guard('description', '2024-05-01 1234567')).to.include('digits');
      expect(guard('description', '20240501-1234567')).to.include('digits');
      expect(guard('version', '202405011234567')).to.include('digits');
    });
    it('moves on with the clock', () => {
      let today = new Date('2030-01-01T00:00:00Z');
      const moving = createNameGuard({ now: () => today });
      expect(moving('version', '2021-01-01')).to.equal(null);
      today = new Date('2031-01-03T00:00:00Z');
      expect(moving('version', '2021-01-01')).to.include('date');
    });
    it('uses the clock of the machine by default', () => {
      const day = (yearsAgo: number) => `${new Date().getUTCFullYear() - yearsAgo}-01-15`;
      expect(createNameGuard()('version', day(5))).to.equal(null);
      expect(createNameGuard()('version', day(40))).to.include('date');
    });
  });

  it('lets references and fractions pass in prose, and lower-case commit ids in versions', () => {
    for (const reference of list`PMID 33288961 | NCT01234567 | 10.5281/zenodo.6802613 | 10.1109/TMI.2020.2987654`) {
      expect(guard('description', `see https://doi.org/${reference}.`), reference).to.equal(null);
      expect(guard('label_name', reference), reference).to.include('digits');
    }
    expect(guard('description', '10.1234/8001011234567')).to.include('digits');
    expect(guard('description', 'mean Dice 0.91234567.')).to.equal(null);
    expect(guard('label_name', '0.91234567')).to.include('digits');
    expect(guard('version', 'a1234567')).to.equal(null);
    expect(guard('version', 'A1234567')).to.include('digits');
    expect(guard('description', 'see rev 19800101')).to.include('date');
  });

  it('finds identifiers across line breaks', () => {
    expect(guard('description', 'Segmented by hand.\nPatient\n12345')).to.include('patient');
    expect(guard('description', '555\n123 4567')).to.include('phone');
  });

  it('leaves fields alone that have a closed form', () => {
    expect(guard('modality', 'DOE^JOHN')).to.equal(null);
    expect(guard('mask_type', 'MRN 12345')).to.equal(null);
  });

  describe("the host's terms", () => {
    it('match as whole words, upper or lower case, with underscores between words', () => {
      const custom = createNameGuard({ terms: ['Doe', 'St. Mary', 'Kim Min-su', 'C++', '김민수'] });
      for (const name of [
        'doe',
        'liver_DOE_1',
        'Doe.',
        'ｄｏｅ',
        'st. mary scan',
        'St._Mary',
        'kim_min-su',
        'kim  min–su',
        'c++ 1',
        '김민수',
      ]) {
        expect(custom('label_name', name), name).to.include('term');
      }
      for (const name of ['doer', 'does', 'Adoe', 'stxmary', 'C', 'kim', 'doé', '김민수의']) {
        expect(custom('label_name', name), name).to.equal(null);
      }
    });
    it('match as regular expressions whose flags g and y make no difference', () => {
      const custom = createNameGuard({ terms: [/SITE-\d+/g, /^wip/iy] });
      for (let repeat = 0; repeat < 3; repeat += 1) {
        expect(custom('label_name', 'mask SITE-12')).to.include('term');
        expect(custom('label_name', 'WIP mask')).to.include('term');
        expect(custom('label_name', 'site-12')).to.equal(null);
        expect(custom('label_name', 'a wip')).to.equal(null);
      }
    });
    it('see full-width look-alikes as well', () => {
      expect(createNameGuard({ terms: [/X\d{3}/] })('label_name', 'X１２３')).to.include('term');
    });
    it('are refused when they would match everything or nothing', () => {
      for (const term of ['', '  ', '_', 7, null] as string[]) {
        expect(() => createNameGuard({ terms: [term] })).to.throw(/terms must be/);
      }
    });
  });

  describe('for any text', () => {
    const field = fc.constantFrom<TextField>(...FREE_TEXT, 'filename');
    const zeros = [...'0٠०০０𝟎𝟘'].map((zero) => zero.codePointAt(0) ?? 0);
    const inDigits = (text: string, zero: number) =>
      text.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));

    it('never throws and never repeats a word of the value', () => {
      fc.assert(
        fc.property(field, fc.string({ unit: 'binary', maxLength: 200 }), (name, value) => {
          expect(guard(name, value)).to.satisfy((reason: unknown) => reason === null || typeof reason === 'string');
        }),
      );
      fc.assert(
        fc.property(field, fc.stringMatching(/^[A-Z]{5,9}$/), fc.integer({ min: 10_000_000 }), (name, word, id) => {
          const reason = guard(name, `${word}^X MRN ${id} ${word}@a.de`);
          expect(reason).to.be.a('string').and.not.include(word).and.not.include(String(id));
        }),
      );
    });

    it('refuses 7 to 20 digits that are not padded, in any script, wherever they stand', () => {
      const number = fc.stringMatching(/^[1-9][0-9]{6,19}$/);
      const around = fc.constantFrom('', ' ', '_', '-', 'liver ', 'v', 'A', '(', '#');
      fc.assert(
        fc.property(field, around, number, fc.constantFrom(...zeros), around, (name, before, digits, zero, after) => {
          const exempt = DATED.includes(name) && /^20[12]\d(?:0[1-9]|1[0-2])/.test(digits);
          fc.pre(!exempt && !(before === 'v' && after === 'v'));
          expect(guard(name, before + inDigits(digits, zero) + after)).to.be.a('string');
        }),
      );
    });

    it('refuses dates of birth in every spelling, script and dash', () => {
      const day = fc.date({ min: new Date('1900-01-01'), max: new Date('2016-01-01'), noInvalidDate: true });
      const mark = fc.constantFrom(...'-./_ –−‐／');
      fc.assert(
        fc.property(field, day, mark, fc.constantFrom(...zeros), fc.nat(3), (name, date, sign, zero, order) => {
          const [year = '', month = '', dayOfMonth = ''] = date.toISOString().slice(0, 10).split('-');
          const parts = [
            [year, month, dayOfMonth].join(sign),
            [dayOfMonth, month, year].join(sign),
            [month, dayOfMonth, year].join(sign),
            year + month + dayOfMonth,
          ][order];
          expect(guard(name, inDigits(parts ?? '', zero))).to.include('date');
        }),
      );
    });

    it('lets any DICOM UID below the usual roots pass as a file name', () => {
      const arc = fc.oneof(fc.nat(), fc.bigInt(0n, 10n ** 20n)).map(String);
      fc.assert(
        fc.property(
          fc.constantFrom('1.2.840', '1.3.6.1.4.1', '2.16.840', '1.2.276.0'),
          fc.array(arc, { minLength: 1, maxLength: 3 }),
          (root, arcs) => {
            const uid = [root, ...arcs].join('.');
            fc.pre(uid.length <= 64);
            expect(guard('filename', `${uid}.png`)).to.equal(null);
            expect(guard('filename', `${uid}_liver_0001.nii.gz`)).to.equal(null);
          },
        ),
      );
    });

    it('takes time in proportion to the length, on the most awkward texts', () => {
      const pieces = [
        ...list`1|12|1.|1-|0|00|a|A1|a@|@a.|a.|^|1^|+1|(1|(|)|-|_|é|1\u0336|patient|patient1|mrn|pid-|jan|1jan|1980|1980-`,
        ...list`1980-1|01.01.|sct:1|g1|deadbeef|1.2|1.2.|123-45-|555-|800101-|年|1년|ﷺ|aA|１|10.1000/a|PMID|0.1|iter1000`,
        ...[' ', '\n', '1 ', '+1 ', 'patient ', 'dob ', 'born on ', 'tel ', '1 jan ', 'sha ', '00 1', '|', '12 34 '],
      ];
      for (const piece of pieces) {
        for (const end of ['', '!']) {
          // Thirty times what a description may hold takes some milliseconds; a quadratic rule would take far longer.
          const text = piece.repeat(60_000 / piece.length) + end;
          const started = performance.now();
          guard('description', text);
          guard('filename', text);
          expect(performance.now() - started, JSON.stringify(piece)).to.be.below(2000);
        }
      }
    });

    it('stays fast on random mixtures of awkward pieces', () => {
      const piece = fc.constantFrom(...'10-. +(@a^_/', 'patient', 'mrn', 'jan', '1980', 'sct:', 'g', '800101', 'PMID');
      fc.assert(
        fc.property(fc.array(piece, { minLength: 500, maxLength: 2000 }), (parts) => {
          const started = performance.now();
          guard('description', parts.join('').slice(0, 2000));
          expect(performance.now() - started).to.be.below(500);
        }),
      );
    });
  });
});
