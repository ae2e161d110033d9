/** The membership of a task or a room that tabs join. */
export interface Membership {
  readonly key: string;
  readonly namespace: string;
  readonly leaveEvent: string;
  readonly leavePayload: object;
}

/** The membership that a request joins or leaves; undefined for every other request. */
export function membershipOf(
  namespace: string,
  event: string,
  payload: object,
): { readonly joins: boolean; readonly membership: Membership } | undefined {
  const [, verb, kind] = /^(join|leave)_(task|room)$/.exec(event) ?? [];
  const field = `${kind}_id`;
  const id = (payload as Record<string, unknown>)[field];
  if (verb === undefined || typeof id !== "string") return undefined;
  return {
    joins: verb === "join",
    membership: {
      ...{ key: JSON.stringify([namespace, kind, id]), namespace },
      ...{ leaveEvent: `leave_${kind}`, leavePayload: { [field]: id } },
    },
  };
}
