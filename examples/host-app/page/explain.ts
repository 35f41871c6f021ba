import { isMaskClientError } from '../pacs-mask-upload-client.js';
import { currentUser } from './users.js';

export interface Explanation {
  title: string;
  text: string;
  /** For those who look closer: HTTP status and error code. */
  code: string | undefined;
}

const REASONS: Partial<Record<string, { title: string; text: string }>> = {
  unauthenticated: { title: 'The server does not know you', text: 'Choose who you are at the top of the page.' },
  'annotation-not-found': { title: 'There is no such annotation', text: 'Choose another one from the list.' },
  'mask-group-not-found': {
    title: 'There is no such group',
    text: 'It may have been deleted meanwhile. Choose another one from the list.',
  },
  'unsafe-name': {
    title: 'A name looks as if it identifies a person',
    text: 'The server refuses names that hold something like a person’s name, a date of birth or a number of a patient. Rename the folder or the files.',
  },
  'network-error': {
    title: 'The server does not answer',
    text: 'Check that it is running and that you are online, then try again.',
  },
  'store-unreachable': {
    title: 'The storage does not answer',
    text: 'What has arrived is kept; try again in a moment. If it is a bucket and this happens always, its CORS rules may not permit this page.',
  },
  'store-refused': {
    title: 'The storage refuses the files',
    text: 'Its operator has to look at its rights and CORS rules.',
  },
  'storage-unavailable': {
    title: 'The storage does not answer',
    text: 'What has arrived is kept; try again in a moment.',
  },
  'database-unavailable': { title: 'The database does not answer', text: 'Try again in a moment.' },
  'file-unreadable': {
    title: 'A file cannot be read any more',
    text: 'It was moved, deleted or changed after you chose it. Choose the folder again.',
  },
  'upload-incomplete': {
    title: 'Some files did not get there',
    text: 'Whatever arrived is recorded, and need not be sent again.',
  },
  'slice-exists': {
    title: 'The group has this slice already, with other contents',
    text: 'Make a new group for the new masks, or delete the old one first.',
  },
  'content-mismatch': {
    title: 'A file is not what its name says',
    text: 'The server looked into it: it is broken, or of another kind.',
  },
};

/** What an error code means and what to do, for the codes that people may meet. */
export function explainCode(code: string): { title: string; text: string } | undefined {
  return REASONS[code];
}

/** An error in words that say what to do. `attempt` is what was tried, as in "upload masks to annotation 3". */
export function explain(error: unknown, attempt: string): Explanation {
  if (!isMaskClientError(error)) {
    return {
      title: `Could not ${attempt}`,
      text: error instanceof Error ? error.message : 'Something went wrong.',
      code: undefined,
    };
  }
  const code = error.status === undefined ? error.code : `${error.status} ${error.code}`;
  if (error.code === 'forbidden') {
    const { name, may } = currentUser();
    const text = `The ${name.toLowerCase()} ${may}. Choose somebody else at the top of the page, or another annotation.`;
    return { title: `You may not ${attempt}`, text, code };
  }
  const reason = explainCode(error.code);
  return reason ? { ...reason, code } : { title: `Could not ${attempt}`, text: error.message, code };
}
