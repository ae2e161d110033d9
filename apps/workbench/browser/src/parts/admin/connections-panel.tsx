import type { ConnectionRow, ConnectionSort } from "@signalbox/protocol";
import { useEffect } from "preact/hooks";
import { openConnections } from "../../admin/connections-store.ts";
import { useDashboard, useFeed } from "../../admin/dashboard.ts";
import type { Details } from "../../admin/details.ts";
import type { Section } from "../../admin/feed.ts";
import { blockQuestion, disconnectQuestion, revokeQuestion } from "../../admin/questions.ts";
import { useStore } from "../../store.ts";
import { plural, sizeWords } from "../../words.ts";
import { SelectField } from "../field.tsx";
import { ExactMoment, Moment } from "../moment.tsx";
import type { Column } from "./column.tsx";
import { Panel } from "./panel.tsx";
import { SearchField } from "./search-field.tsx";
import { VirtualTable } from "./virtual-table.tsx";

const sortWords: Record<ConnectionSort, string> = {
  username: "User",
  namespace: "Namespace",
  ip: "Address",
  transport: "Transport",
  connected_at: "Since",
  round_trip_ms: "Round trip",
  buffered_bytes: "Waiting",
};

/** For these columns users look for the largest value. */
const isLargestFirst: ReadonlySet<ConnectionSort> = new Set(["connected_at", "round_trip_ms", "buffered_bytes"]);

export function ConnectionsPanel() {
  const { request, showDetails, userId, names } = useDashboard();
  const { state, read, look, search, sortBy } = useFeed(openConnections);
  const { rows, total, offset, sort, descending, filter, problem } = useStore(state);
  useEffect(() => names.learn(rows), [names, rows]);

  const columns: Column<ConnectionRow, ConnectionSort>[] = [
    { label: "User", cell: (row) => row.username, sort: "username" },
    { label: "Role", cell: (row) => row.role },
    { label: "Address", cell: (row) => row.ip, sort: "ip" },
    { label: "Transport", cell: (row) => row.transport, sort: "transport" },
    { label: "Namespace", cell: (row) => <code>{row.namespace}</code>, class: "minor", sort: "namespace" },
    { label: "Rooms", cell: (row) => row.rooms.length, class: "number minor" },
    { label: "Since", cell: (row) => <Moment at={row.connected_at} />, sort: "connected_at" },
    { label: "Round trip", cell: (row) => roundTripWords(row), class: "number minor", sort: "round_trip_ms" },
    { label: "Waiting", cell: (row) => <Waiting row={row} />, class: "number", sort: "buffered_bytes" },
    {
      label: "Actions",
      class: "row-actions",
      cell: (row) => (
        <button
          type="button"
          data-testid="connection-details"
          aria-label={`Details and actions, ${row.username} on ${row.namespace}`}
          onClick={() => showDetails(detailsOf(row, userId, request))}
        >
          Details
        </button>
      ),
    },
  ];

  return (
    <Panel
      title="Connections"
      note={total === null ? undefined : totalWords(total, filter)}
      problem={problem}
      retry={read}
      waitsFor={total === null && "the connections"}
    >
      <div class="filters">
        <SearchField name="connections" label="Search" hint="User, address, room or id" onSearch={search} />
        <div class="phone-only">
          <SelectField
            name="sort"
            label="Sorted by"
            options={Object.entries(sortWords)}
            value={sort}
            onChange={(event) => {
              const by = event.currentTarget.value as ConnectionSort;
              sortBy(by, isLargestFirst.has(by));
            }}
          />
        </div>
      </div>
      {total === 0 && <p class="empty">{filter === "" ? "No connections." : "No connection matches."}</p>}
      {total !== null && total > 0 && (
        <VirtualTable
          label="Connections"
          columns={columns}
          widths="minmax(8rem, 2fr) 4.5rem minmax(7rem, 1fr) 6.5rem 7.5rem 5rem 7rem 7rem 6.5rem 6rem"
          count={total}
          rowAt={(index) => rows[index - offset]}
          keyOf={keyOf}
          rowProps={(row) => ({ "data-testid": "connection", "data-user-id": row.user_id })}
          sorting={{ by: sort, descending, change: sortBy }}
          onView={look}
          testId="admin-connections"
        />
      )}
    </Panel>
  );
}

const keyOf = ({ namespace, socket_id }: ConnectionRow): string => `${namespace} ${socket_id}`;

const totalWords = (total: number, filter: string): string =>
  filter === ""
    ? `${plural(total, "socket")}, one per connection and namespace`
    : `${plural(total, "matches", "match")}`;

const roundTripWords = ({ round_trip_ms }: ConnectionRow): string =>
  round_trip_ms === null ? "–" : `${Math.round(round_trip_ms)}\u00a0ms`;

/** One element: on a phone, adjacent parts of a cell would be separated. */
function Waiting({ row: { slow, buffered_bytes } }: { row: ConnectionRow }) {
  return (
    <span>
      {sizeWords(buffered_bytes)}{" "}
      {slow && (
        <span class="badge badge-slow" data-testid="slow-connection">
          slow
        </span>
      )}
    </span>
  );
}

function detailsOf(row: ConnectionRow, ownId: string, request: Section["request"]): Details {
  const { user_id, username, role, session_ref, ip } = row;
  const isOwn = user_id === ownId;
  const subject =
    role === "guest" ? ({ subject: "address", id: ip } as const) : ({ subject: "user", id: user_id } as const);
  const actions: Details["actions"] = [
    { label: "Disconnect", testId: "disconnect-user", question: disconnectQuestion(request, row) },
    ...(session_ref === null
      ? []
      : [{ label: "End session", testId: "revoke-session", question: revokeQuestion(request, username, session_ref) }]),
    ...(isOwn
      ? []
      : [
          {
            label: role === "guest" ? "Block address" : "Block user",
            testId: "add-block",
            question: blockQuestion(request, subject, role === "guest" ? `guests at ${ip}` : username),
          },
        ]),
  ];
  return {
    title: isOwn ? `${username} (this is you)` : username,
    facts: [
      ["User id", <code key="user">{user_id}</code>],
      ["Role", role],
      ["Address", ip],
      ["Connection", <code key="socket">{row.socket_id}</code>],
      ["Namespace", <code key="namespace">{row.namespace}</code>],
      ["Transport", row.transport],
      ["Since", <ExactMoment key="since" at={row.connected_at} />],
      ["Round trip", roundTripWords(row)],
      ["Waiting to be read", sizeWords(row.buffered_bytes)],
      ["Rooms", row.rooms.join(", ") || "none"],
    ],
    actions,
  };
}
