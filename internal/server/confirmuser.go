package server

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
)

// confirmUser serves the page where links of sign-ups lead, and records what
// came of it as of any call.
func (s *Server) confirmUser(w http.ResponseWriter, r *http.Request) {
	peer, _ := netip.ParseAddrPort(r.RemoteAddr) // the zero address if the listener knows none
	source, now := peer.Addr().Unmap(), s.clock.Now()
	record := &audit.Record{
		ID: uuid.NewString(), At: now, Plane: audit.PlaneControl, Source: source.String(), UserAgent: r.UserAgent(),
		Service: "cognito-idp", Operation: "confirmUser", Caller: "anonymous",
	}
	w.Header().Set("X-Amzn-Requestid", record.ID)
	s.pools.ServeConfirm(w, r.WithContext(audit.WithRequestID(r.Context(), record.ID)), &access.Call{
		Account: s.config.Account, RequestID: record.ID, Source: source, UserAgent: r.UserAgent(), Referer: r.Referer(),
		Secure: r.TLS != nil, Time: now, Record: record,
	})
	record.Outcome = audit.Refused
	if record.Status < http.StatusBadRequest {
		record.Outcome = audit.Passed
	}
	record.Took = s.clock.Now().Sub(now).Round(time.Microsecond)
	s.records.Write(record)
}
