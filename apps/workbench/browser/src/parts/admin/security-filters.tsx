import { type SecurityEventType, type Severity, securityEventTypes, severities } from "@signalbox/protocol";
import type { SecurityFilters } from "../../admin/security-store.ts";
import { SelectField } from "../field.tsx";
import { SearchField } from "./search-field.tsx";

interface SecurityFilterFormProps {
  filters: SecurityFilters;
  narrow: (filters: SecurityFilters) => void;
}

const choices = (values: readonly string[]): [string, string][] => [
  ["", "All"],
  ...values.map((value): [string, string] => [value, value.replaceAll("_", " ")]),
];

/** Lines must match all filters; empty fields are ignored. */
export function SecurityFilterForm({ filters, narrow }: SecurityFilterFormProps) {
  return (
    <search class="filters">
      <SelectField
        name="type"
        label="Type"
        options={choices(securityEventTypes)}
        value={filters.type ?? ""}
        onChange={(event) =>
          narrow({ type: (event.currentTarget.value || undefined) as SecurityEventType | undefined })
        }
      />
      <SelectField
        name="severity"
        label="Severity"
        options={choices(severities)}
        value={filters.severity ?? ""}
        onChange={(event) => narrow({ severity: (event.currentTarget.value || undefined) as Severity | undefined })}
      />
      <SearchField name="user" label="User id" onSearch={(text) => narrow({ user_id: text.trim() || undefined })} />
      <SearchField name="address" label="Address" onSearch={(text) => narrow({ ip: text.trim() || undefined })} />
      <SearchField name="text" label="Text" onSearch={(text) => narrow({ filter: text || undefined })} />
    </search>
  );
}
