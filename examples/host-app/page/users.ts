import { createMaskClient, type MaskClient } from '../pacs-mask-upload-client.js';

export interface DemoUser {
  token: string;
  name: string;
  may: string;
}

/** Who one can be here; see auth.ts of the server. A real page has a session, and no such choice. */
export const USERS: readonly [DemoUser, ...DemoUser[]] = [
  { token: 'demo-radiologist', name: 'Radiologist', may: 'may read, upload and delete on annotations 1 and 2' },
  { token: 'demo-viewer', name: 'Viewer', may: 'may look at annotation 1, and change nothing' },
  { token: 'demo-outsider', name: 'Outsider', may: 'may do nothing at all' },
];

const KEY = 'demo-user';

export function currentUser(): DemoUser {
  const token = sessionStorage.getItem(KEY);
  return USERS.find((user) => user.token === token) ?? USERS[0];
}

export function becomeUser(user: DemoUser): void {
  sessionStorage.setItem(KEY, user.token);
}

/** What every call of the client takes here: where the API is, and who asks. */
export function connection(): { baseUrl: string; headers: Record<string, string> } {
  return { baseUrl: '/api', headers: { authorization: `Bearer ${currentUser().token}` } };
}

export function api(): MaskClient {
  return createMaskClient(connection());
}
