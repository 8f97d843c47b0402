export function ListSkeleton({ compact }: { compact: boolean }) {
  return (
    <div role="status" aria-busy="true" aria-label="Loading conversations" className="flex-1 overflow-hidden">
      {Array.from({ length: 14 }, (_, index) => (
        <div key={index} className="flex items-center gap-3 border-b border-line/70 px-3" style={{ height: compact ? 40 : 60 }}>
          <div className={compact ? "skeleton size-4 rounded-full" : "skeleton size-9 rounded-full"} />
          <div className="flex flex-1 flex-col gap-2">
            <div className="skeleton h-3" style={{ width: `${35 + ((index * 13) % 30)}%` }} />
            {compact ? null : <div className="skeleton h-3" style={{ width: `${55 + ((index * 29) % 40)}%` }} />}
          </div>
        </div>
      ))}
    </div>
  );
}
