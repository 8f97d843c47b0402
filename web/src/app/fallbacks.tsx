import { Link } from "@tanstack/react-router";

import { Button } from "@/ui/button";
import { Failed } from "@/ui/states";

export function NotFound() {
  return (
    <main className="flex h-full flex-col items-center justify-center gap-4 p-8 text-center">
      <h1 className="text-xl font-semibold">There is no such page</h1>
      <p className="text-muted">The address may be old, or mistyped.</p>
      <Button asChild look="primary">
        <Link to="/inbox">Go to the inbox</Link>
      </Button>
    </main>
  );
}

export function PageFailed({ error }: { error: unknown }) {
  return (
    <main className="h-full">
      <Failed error={error} className="h-full" onRetry={() => location.reload()} />
    </main>
  );
}
