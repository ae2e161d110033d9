import { Import } from "./import.tsx";

/** Rendered on the server; the component below is rendered there once, too. */
export default function Page() {
  return (
    <main>
      <h1>Next.js</h1>
      <Import />
    </main>
  );
}
