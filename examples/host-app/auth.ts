import type { AccessRequest, Auth } from './pacs-mask-upload.js';

type Action = AccessRequest['action'];

interface DemoUser {
  userId: number;
  /** Annotation → what the user may do there. */
  may: ReadonlyMap<number, readonly Action[]>;
}

/** Tokens that everyone can read here. A real host checks a session or a signed token, and asks its own tables. */
const USERS: ReadonlyMap<string, DemoUser> = new Map([
  [
    'demo-radiologist',
    {
      userId: 1,
      may: new Map<number, Action[]>([
        [1, ['read', 'write', 'delete']],
        [2, ['read', 'write', 'delete']],
      ]),
    },
  ],
  ['demo-viewer', { userId: 2, may: new Map<number, Action[]>([[1, ['read']]]) }],
  ['demo-outsider', { userId: 3, may: new Map() }],
]);

export const auth: Auth<DemoUser> = {
  authenticate(req) {
    const [, token = ''] = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '') ?? [];
    return USERS.get(token) ?? null;
  },
  authorize: (user, { action, annotationId }) => user.may.get(Number(annotationId))?.includes(action) ?? false,
};
