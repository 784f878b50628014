package server

import (
	"errors"
	"net/http"

	"github.com/sallyport/sallyport/internal/userpool"
)

// Where an operator sees and changes the keys that sign a user pool's tokens:
//
//	GET  /_sallyport/keys?pool=ID
//	POST /_sallyport/keys/rotate?pool=ID          new keys sign once everybody has them
//	POST /_sallyport/keys/rotate?pool=ID&now=true the old ones are gone, and their tokens dead
const (
	listKeys   = "keys"
	rotateKeys = "keys/rotate"
)

type keysReport struct {
	Pool string              `json:"pool"`
	Keys []userpool.KeyState `json:"keys"`
}

func (o *operator) keys(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	pool := q.Get("pool")
	if len(q) != 1 || len(q["pool"]) != 1 || pool == "" {
		writeJSON(w, http.StatusBadRequest, map[string]string{"message": "say which user pool: ?pool=ID"})
		return
	}
	states, err := o.server.pools.SigningKeys(r.Context(), pool)
	o.reportKeys(w, pool, states, err)
}

func (o *operator) rotate(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	pool, now := q.Get("pool"), q.Get("now")
	known := 1
	if q.Has("now") {
		known = 2
	}
	if len(q) != known || len(q["pool"]) != 1 || pool == "" || known == 2 && (len(q["now"]) != 1 || now != "true") {
		writeJSON(w, http.StatusBadRequest, map[string]string{"message": "say which user pool: ?pool=ID, with &now=true to drop the old keys at once"})
		return
	}
	change := o.server.pools.RotateKeys
	if now == "true" {
		change = o.server.pools.ReplaceKeys
	}
	states, err := change(r.Context(), pool)
	if err == nil {
		o.server.logger.Info("signing keys of a user pool were rotated", "pool", pool, "atOnce", now == "true")
	}
	o.reportKeys(w, pool, states, err)
}

func (o *operator) reportKeys(w http.ResponseWriter, pool string, states []userpool.KeyState, err error) {
	switch {
	case errors.Is(err, userpool.ErrNoPool):
		writeJSON(w, http.StatusBadRequest, map[string]string{"message": "there is no user pool " + pool})
	case errors.Is(err, userpool.ErrTooManyKeys):
		writeJSON(w, http.StatusConflict, map[string]string{"message": err.Error()})
	case err != nil:
		o.server.logger.Error("signing keys", "pool", pool, "error", err)
		writeJSON(w, http.StatusInternalServerError, map[string]string{"message": "the keys cannot be read or changed; see the log"})
	default:
		writeJSON(w, http.StatusOK, keysReport{pool, states})
	}
}
