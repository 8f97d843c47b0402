import { useQuery } from "@tanstack/react-query";

import { payment as paymentQuery } from "@/api/payments";
import { Dialog } from "@/ui/dialog";
import { Failed, Lines } from "@/ui/states";
import { Detail } from "./detail";

/** All that is known of one request for money. */
export function DetailDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const found = useQuery(paymentQuery(id));
  return (
    <Dialog open onClose={onClose} title="Payment" wide>
      {found.isPending ? <Lines rows={8} /> : null}
      {found.isError && !found.data ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : null}
      {found.data ? <Detail payment={found.data} onClose={onClose} /> : null}
    </Dialog>
  );
}
