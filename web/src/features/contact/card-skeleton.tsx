import { Lines } from "@/ui/states";

export function CardSkeleton() {
  return (
    <div aria-busy="true" aria-label="Loading the contact" role="status">
      <div className="flex flex-col items-center gap-3 pt-5 pb-6">
        <div className="skeleton size-14 rounded-full" />
        <div className="skeleton h-5 w-36" />
      </div>
      <Lines rows={6} className="border-t p-4" />
    </div>
  );
}
