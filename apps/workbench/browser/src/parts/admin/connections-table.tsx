import type { ConnectionRow } from "@signalbox/protocol";
import type { AdminStore } from "../../admin-store.ts";
import { sizeWords } from "../../words.ts";
import { Moment } from "../moment.tsx";
import type { Question } from "./confirm-dialog.tsx";
import { type Column, DataTable } from "./data-table.tsx";

interface ConnectionsTableProps {
  rows: readonly ConnectionRow[];
  total: number;
  admin: AdminStore;
  ask: (question: Question) => void;
}

export function ConnectionsTable({ rows, total, admin, ask }: ConnectionsTableProps) {
  const columns: Column<ConnectionRow>[] = [
    { label: "User", cell: (row) => row.username },
    { label: "Role", cell: (row) => row.role },
    { label: "Namespace", cell: (row) => <code>{row.namespace}</code> },
    { label: "Transport", cell: (row) => <Transport row={row} /> },
    { label: "Address", cell: (row) => row.ip },
    { label: "Since", cell: (row) => <Moment at={row.connected_at} /> },
    { label: "Rooms", cell: (row) => <span title={row.rooms.join(", ")}>{row.rooms.length}</span> },
    { label: "Actions", cell: (row) => <Actions row={row} admin={admin} ask={ask} />, class: "row-actions" },
  ];
  return (
    <DataTable
      title="Live connections"
      note={rows.length < total ? `The first ${rows.length} of ${total}` : `${total} in all`}
      columns={columns}
      rows={rows}
      rowProps={(row) => ({ key: `${row.namespace} ${row.socket_id}`, "data-user-id": row.user_id })}
      empty="Nobody is connected."
      testId="admin-connections"
    />
  );
}

/** One element: on a phone, what is beside each other in a cell would come apart. */
function Transport({ row: { transport, slow, buffered_bytes } }: { row: ConnectionRow }) {
  return (
    <span>
      {transport}{" "}
      {slow && (
        <span class="badge badge-slow" data-testid="slow-connection">
          slow, {sizeWords(buffered_bytes)} waiting
        </span>
      )}
    </span>
  );
}

function Actions({ row, admin, ask }: Pick<ConnectionsTableProps, "admin" | "ask"> & { row: ConnectionRow }) {
  const { username, session_ref } = row;
  return (
    <>
      <button
        type="button"
        data-testid="disconnect-user"
        aria-label={`Disconnect ${username}`}
        onClick={() => ask(disconnectQuestion(row, admin))}
      >
        Disconnect
      </button>
      {session_ref !== null && (
        <button
          type="button"
          data-testid="revoke-session"
          aria-label={`End session of ${username}`}
          onClick={() => ask(revokeQuestion(username, session_ref, admin))}
        >
          End session
        </button>
      )}
    </>
  );
}

const disconnectQuestion = ({ user_id, username }: ConnectionRow, admin: AdminStore): Question => ({
  title: `Disconnect ${username}?`,
  text: "Closes every connection of this user. They stay signed in and can connect again.",
  action: "Disconnect",
  asksReason: true,
  proceed: (reason) => admin.disconnectUser(user_id, reason),
});

const revokeQuestion = (username: string, sessionRef: string, admin: AdminStore): Question => ({
  title: `End this session of ${username}?`,
  text: "Signs this user out wherever the session is in use. They can sign in again.",
  action: "End session",
  proceed: () => admin.revokeSession(sessionRef),
});
