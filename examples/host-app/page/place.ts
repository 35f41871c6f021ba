/** What the page shows, kept behind the # of its address: so a reload comes back to it. */
export interface Place {
  annotationId: number;
  groupId: number | undefined;
}

export function currentPlace(): Place {
  const [, annotation = '1', group] = /^#\/(\d{1,9})(?:\/(\d{1,15}))?$/.exec(location.hash) ?? [];
  return { annotationId: Number(annotation), groupId: group === undefined ? undefined : Number(group) };
}

export function linkTo({ annotationId, groupId }: Place): string {
  return groupId === undefined ? `#/${annotationId}` : `#/${annotationId}/${groupId}`;
}

export function go(place: Place): void {
  location.hash = linkTo(place);
}
