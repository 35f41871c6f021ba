import type { TextField } from './text.js';

/** What a rule says when it finds something, in words that do not repeat it. */
type Finding = string | null;

const PERSON_NAME = 'it looks like a DICOM person name ("^")';
const EMAIL = 'it holds an e-mail address';
const BIRTH = 'it holds a date of birth';
const RECORD = 'it names a patient or a medical record by number';
const REGISTRATION = 'it holds a resident registration number';
const SSN = 'it holds a social security number';
const PHONE = 'it holds a phone number';

/** `10^3`, `mm^2`, `R^2`: an exponent after a number, a bracket, one letter or a unit. */
const EXPONENT = /(?:[\d)]|(?<!\p{L})(?:\p{L}|[cmuμ]m|ms|px|kg))\^[-+]?\d{1,2}(?![\p{L}\p{N}^])/giu;

const MAIL =
  /[\p{L}\p{N}_%+-](?<!(?<!\p{L})git) ?(?:@|[([] ?at ?[)\]]) ?[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){0,5}\.\p{L}{2,24}(?![\p{L}\p{N}])/iu;

/** Patterns are put together from words here, where one literal would be too long to read. */
const anyOf = (...alternatives: string[]) => `(?:${alternatives.join('|')})`;
const word = (...alternatives: string[]) => `(?<!\\p{L})${anyOf(...alternatives)}(?!\\p{L})`;
/** At most so many characters that are neither letters nor digits. */
const gap = (most: number, least = 0) => `[^\\p{L}\\p{N}]{${least},${most}}`;
const MONTH = '(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]{0,6}';
const NUMBER = '(?:id(?:entifier|ent)?|no|nr|num(?:mer|ber)?|code)';

/** A word for birth, then a number or a month: `DOB 1980`, `born on 3 May`, `geb. 1.2.80`; `80년생`. */
const BIRTH_DATE = new RegExp(
  anyOf(
    anyOf(
      word('dob', 'd\\. ?o\\. ?b\\.?', 'born', 'b-?day', 'birth[ _-]?(?:date|day|year)', 'geb(?:oren|urtsdatum)?'),
      word('(?:date|year)[ _-]of[ _-]birth'),
      '생년월일|출생(?:일|년도|연도)?|生年月日',
    ) +
      gap(5) +
      `(?:(?:on|in|am|is|the)${gap(3, 1)}){0,2}` +
      anyOf('\\d', `${MONTH}${gap(3, 1)}\\d`),
    '(?<!\\d)(?:\\d{4}|\\d{2}) ?(?:년 ?생|年生)',
  ),
  'iu',
);

/** A word that announces a record number, then anything with a digit near its beginning. */
const RECORD_NUMBER = new RegExp(
  anyOf(
    word('mrn', 'm\\. ?r\\. ?n\\.?', 'pid', 'patid', `medical[ _-]record(?:[ _-]${NUMBER})?`),
    word(`patient(?:en)?[ ._-]{0,2}${NUMBER}`, `pat[ ._-]{1,2}${NUMBER}`),
    '(?:환자|등록|차트|병록) ?번호|환자 ?id|患者 ?(?:id|番号|号)',
  ) +
    gap(5) +
    `(?:(?:no|nr|number|is|id)${gap(4, 1)})?` +
    '\\p{L}{0,4}[-_.]?\\d',
  'iu',
);

/** `patient name: …` names somebody, whatever follows. */
const NAME_OF_PATIENT =
  /(?<!\p{L})(?:patient(?:en)?[ _-]?name|환자 ?(?:이름|성명)|患者 ?(?:氏?名|姓名)) ?[:=] ?\p{L}/iu;

/** After a number, these say that it counts or measures something. */
const UNIT = word(
  'st|nd|rd|th|mm|cm|ml|m|tesla|t|kvp?|hu|hz|x|times|years?|y|yo|days?|d|months?|weeks?|hours?|h|min|s',
  'scans?|slices?|cases?|stud(?:y|ies)|folds?|class(?:es)?|labels?|views?|phases?|masks?|organs?',
);
const NOT_ONE_PATIENT = '(?<!(?:per|each|every|single|out|multi|cross)[ _-]|in-)';

/** `patient` and a number, but not `per patient 10`, `outpatient 3`, `patient 3 mm`, `patient 5-fold` or `patient L5`. */
const PATIENT_NUMBER = new RegExp(
  `(?<!\\p{L})${NOT_ONE_PATIENT}(?:patient|환자|患者)${gap(4)}` +
    anyOf(
      '\\p{L}{1,4}[-_]?\\d{3}',
      '(?<=[#=] ?)\\p{L}{1,8}[-_]?\\d',
      `\\d+(?:\\.\\d+)?(?!\\.?\\d)(?! ?%|[ -]?${UNIT})`,
    ),
  'iu',
);

/** Korean: date of birth, then seven digits, the last six of which are often starred out. */
const RESIDENT_REGISTRATION =
  /(?<!\d)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?: ?[-._~/] ?| )\d(?:\d{6}|[*x●○]{6})(?![\p{L}\p{N}])/iu;

const SOCIAL_SECURITY = /(?<!\d|\d\.)\d{3}(?<mark> ?[-._] ?| )\d{2}\k<mark>(?<last>\d{4})(?!\d|\.\d)/gu;

const PHONE_WORD =
  /(?:(?<!\p{L})(?:tel(?:efon|ephone)?|phone|fax|whatsapp|mobile (?:no|number|phone))(?!\p{L})|전화|휴대폰|핸드폰|電話)[^\p{N}]{0,6}\d(?:[ ()./-]{0,2}\d){5}/iu;
const PHONES = [
  // +82 10-1234-5678, +1 (555) 123-4567
  /(?<![\p{L}\p{N}+])\+ ?\(?\d(?:(?:[ ._/-]|[ -]?\(|\)[ -]?)?\d){7,14}/gu,
  // (555) 123-4567, 1-555-123-4567, 555.123.4567, but not a matrix of 512 512 1024
  /(?<!\d|\d\.)(?!(\d{3}) \1 )(?:1[-. ])?(?:\([2-9]\d{2}\) ?|[1-9]\d{2}(?: ?[-._] ?| ))[1-9]\d{2}(?: ?[-._] ?| )(?<last>\d{4})(?!\d|\.\d)/gu,
  // 02-123-4567, 020 7946 0958
  /(?<![\p{L}\d]|\d[-.])0\d{1,2}(?:[-.)/] ?[1-9]\d{2,3}[-. ]| [1-9]\d{3} )(?<last>\d{4})(?!\d|\.\d)/gu,
  // 010-1234-5678
  /(?<!\d)01[016789][-._ ]\d{4}[-._ ]\d{4}(?!\d)/gu,
];
/** 0049 30 123456: only in prose, because in a file name it is two padded numbers. */
const PHONE_00 = /(?<![\p{L}\p{N}])00[1-9]\d{0,2}(?:[ ./()-]{1,2}[1-9]\d{1,5}){2,4}(?!\d)/gu;

const CAMEL_HUMP = /(?<=\p{Ll})(?=\p{Lu})/gu;

/** What announces itself by a word or a sign. Runs on the folded text as it is. */
export function findAnnounced(text: string): Finding {
  if (text.includes('^') && text.replace(EXPONENT, '').includes('^')) return PERSON_NAME;
  if (MAIL.test(text)) return EMAIL;
  for (const spelling of new Set([text, text.replace(CAMEL_HUMP, ' ')])) {
    if (BIRTH_DATE.test(spelling)) return BIRTH;
    if (RECORD_NUMBER.test(spelling) || PATIENT_NUMBER.test(spelling) || NAME_OF_PATIENT.test(spelling)) return RECORD;
  }
  return PHONE_WORD.test(text) ? PHONE : null;
}

/** Numbers known by how their digits are grouped. Runs on text whose harmless parts are masked. */
export function findGroupedNumber(field: TextField, text: string): Finding {
  if (RESIDENT_REGISTRATION.test(text)) return REGISTRATION;
  if (matches(SOCIAL_SECURITY, field, text)) return SSN;
  if (PHONES.some((phone) => matches(phone, field, text))) return PHONE;
  if (field === 'filename') return null;
  return (text.match(PHONE_00) ?? []).some((phone) => digitsIn(phone) >= 10) ? PHONE : null;
}

/** In a file name, a zero-padded last group is a slice number: `001-02-0003.png`. */
function matches(pattern: RegExp, field: TextField, text: string): boolean {
  if (text.search(pattern) < 0) return false;
  for (const match of text.matchAll(pattern)) {
    if (field !== 'filename' || !match.groups?.last?.startsWith('0')) return true;
  }
  return false;
}

function digitsIn(text: string): number {
  return text.replace(/\D/g, '').length;
}
