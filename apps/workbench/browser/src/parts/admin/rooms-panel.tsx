import type { ConnectionRow, RoomRow } from "@signalbox/protocol";
import { useFeed } from "../../admin/dashboard.ts";
import { openRooms, type RoomName } from "../../admin/rooms-store.ts";
import { useStore } from "../../store.ts";
import { plural } from "../../words.ts";
import { Moment } from "../moment.tsx";
import type { Column } from "./column.tsx";
import { DataTable } from "./data-table.tsx";
import { Panel } from "./panel.tsx";
import { SearchField } from "./search-field.tsx";

export function RoomsPanel() {
  const { state, read, search, choose } = useFeed(openRooms);
  const { rows, total, filter, chosen, members, problem } = useStore(state);
  const isChosen = ({ namespace, room }: RoomName): boolean => chosen?.namespace === namespace && chosen.room === room;

  const columns: Column<RoomRow>[] = [
    { label: "Room", cell: ({ room }) => <code>{room}</code> },
    { label: "Namespace", cell: ({ namespace }) => <code>{namespace}</code> },
    { label: "Members", cell: (row) => row.members, class: "number" },
    {
      label: "Actions",
      class: "row-actions",
      cell: (row) => (
        <button
          type="button"
          data-testid="room-members"
          aria-label={`Members of ${row.room} on ${row.namespace}`}
          aria-expanded={isChosen(row)}
          onClick={() => choose(isChosen(row) ? null : row)}
        >
          Members
        </button>
      ),
    },
  ];

  const note =
    total === null ? undefined : rows.length < total ? `The first ${rows.length} of ${total}` : plural(total, "room");
  return (
    <Panel title="Rooms" note={note} problem={problem} retry={read} waitsFor={total === null && "the rooms"}>
      <div class="filters">
        <SearchField name="rooms" label="Search" hint="Name or namespace" onSearch={search} />
      </div>
      {total !== null && (
        <DataTable
          label="Rooms"
          columns={columns}
          rows={rows}
          rowProps={({ namespace, room }) => ({ key: `${namespace} ${room}`, "data-room": room })}
          empty={filter === "" ? "No rooms." : "No room matches."}
          testId="admin-rooms"
        />
      )}
      {chosen && <Members room={chosen} members={members} />}
    </Panel>
  );
}

const memberColumns: Column<ConnectionRow>[] = [
  { label: "User", cell: ({ username }) => username },
  { label: "Role", cell: ({ role }) => role },
  { label: "Address", cell: ({ ip }) => ip },
  { label: "Transport", cell: ({ transport }) => transport },
  { label: "Since", cell: ({ connected_at }) => <Moment at={connected_at} /> },
];

function Members({ room, members }: { room: RoomName; members: readonly ConnectionRow[] | null }) {
  return (
    <>
      <h3>
        {members === null ? "Reading the members" : plural(members.length, "member")} of <code>{room.room}</code>
      </h3>
      {members && (
        <DataTable
          label={`Members of ${room.room}`}
          columns={memberColumns}
          rows={members}
          rowProps={(row) => ({ key: row.socket_id, "data-user-id": row.user_id })}
          empty="The room is empty."
          testId="admin-room-members"
        />
      )}
    </>
  );
}
