const widths = [44, 60, 30, 52, 38, 24, 48];

export function ThreadSkeleton() {
  return (
    <div role="status" aria-busy="true" aria-label="Loading messages" className="flex min-h-0 flex-1 flex-col justify-end gap-3 overflow-hidden p-4">
      {widths.map((width, index) => (
        <div key={index} className={index % 3 === 1 ? "flex justify-end" : "flex"}>
          <div className="skeleton h-9 rounded-lg" style={{ width: `${width}%` }} />
        </div>
      ))}
    </div>
  );
}
