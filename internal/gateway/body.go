package gateway

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
)

const (
	maxBody = 10 << 20 // bytes
	// usualBodies is how many bytes of bodies are held at once: fifty of the largest.
	// Clients that send slowly, or send and wait, could have all memory otherwise.
	usualBodies = 512 << 20
)

// bodies counts what all requests hold of their bodies, as it arrives: what is
// announced and never sent takes no room.
type bodies struct {
	most int64
	held atomic.Int64
}

var (
	errTooLong = errors.New("the body is over 10 MB")
	errNoRoom  = errors.New("the bodies of all requests together are more than is held at once")
)

// arriving reads the body of an exchange, as long as there is room for it.
type arriving exchange

func (a *arriving) Read(p []byte) (int, error) {
	n, err := a.r.Body.Read(p)
	a.held += int64(n)
	switch {
	case a.bodies.held.Add(int64(n)) > a.bodies.most:
		return n, errNoRoom
	case a.held > maxBody:
		return n, errTooLong
	}
	return n, err
}

// letGo gives back the room of a body, once.
func (x *exchange) letGo() {
	x.bodies.held.Add(-x.held)
	x.held = 0
}

// readBody reads the request's body once, at most 10 MB of it. It takes as much
// memory as has arrived, not as much as the client has announced. A verdict
// without a denial is none.
func readBody(x *exchange) ([]byte, verdict) {
	room := &x.body
	if x.read || x.r.Body == nil || x.r.Body == http.NoBody {
		return room.Bytes(), verdict{}
	}
	if x.r.ContentLength > maxBody {
		return nil, denied(denyTooLong, errTooLong.Error())
	}
	switch _, err := room.ReadFrom((*arriving)(x)); {
	case err == nil:
		x.read = true
		return room.Bytes(), verdict{}
	case errors.Is(err, errTooLong):
		return nil, denied(denyTooLong, err.Error())
	case errors.Is(err, errNoRoom):
		return nil, denied(failNoRoom, err.Error())
	}
	return nil, denied(denyBadRequest, "the body was cut off or is malformed")
}

var _ io.Reader = (*arriving)(nil)
