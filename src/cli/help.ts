export const HELP = `Usage: pacs-mask-upload push DIR --url URL --annotation ID --group-name NAME [options]

Uploads the masks in a folder (PNG, DICOM, NIfTI, NRRD, JSON; not its subfolders) as one mask group.

  --url URL            where the server mounts the API, such as https://pacs.example/api
  --annotation ID      the annotation that the masks belong to
  --group-name NAME    name of the group that is made
  --group ID           go on with this group instead of making one
  --resume             go on with the newest group of this name, if there is one: what it holds is not sent again
  --replace            replace masks of the same slice and label (needs the right to delete)

  --pattern TEMPLATE   how file names tell slice and label: {slice}, {label}, {uid} (SOP Instance UID) and {any};
                       '{slice}_{label}' reads 0001_liver.png. Default: '{slice}_{label}', '{slice}',
                       'slice_{slice}_{label}' or 'slice_{slice}', whichever fits; volumes need none
  --label LABEL        label of files whose names have none

  --model-name NAME    --version VERSION    --modality CT    --description TEXT    --mask-type TYPE
  --slice-count N      slices that make the group complete; default: as many as the folder has

  --concurrency N      uploads at once; default 8
  --compress           gzip NIfTI, NRRD and JSON on the way
  --dry-run            say what would be uploaded, and stop
  --help

The token of the environment variable PACS_MASK_UPLOAD_TOKEN is sent as Authorization: Bearer.

Exit codes: 0 all recorded; 1 some or all were not (--resume goes on); 2 wrong usage; 3 not permitted; 130 interrupted.
`;
