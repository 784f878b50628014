package server

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// operatorPrefix is the path of what is Sallyport's own rather than AWS's.
const operatorPrefix = "/_sallyport/"

// operator serves health, and the doors that tests and people without a mail
// server need. Each says in one place who may pass: see the table in routes.
type operator struct {
	server *Server
	routes map[string]operatorRoute

	life      context.Context // of those who follow requests
	end       context.CancelFunc
	followers chan struct{} // one for each
}

type operatorRoute struct {
	method string
	may    func(*http.Request) bool
	serve  http.HandlerFunc
}

func newOperator(s *Server) *operator {
	o := &operator{server: s, followers: make(chan struct{}, maxFollowers)}
	o.life, o.end = context.WithCancel(context.Background())
	o.routes = map[string]operatorRoute{
		"health":    {http.MethodGet, anybody, o.health},
		"reset":     {http.MethodPost, o.test, o.reset},
		"clock":     {http.MethodPost, o.test, o.clock},
		"outbox":    {http.MethodGet, o.rootOrTest, o.outbox},
		allRequests: {http.MethodGet, o.rootOrTest, o.requests},
		oneRequest:  {http.MethodGet, o.rootOrTest, o.request},
		listKeys:    {http.MethodGet, o.rootOrTest, o.keys},
		rotateKeys:  {http.MethodPost, o.rootOrTest, o.rotate},
		"logs":      {http.MethodGet, o.rootOrTest, o.accessLogs},
	}
	return o
}

func (o *operator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	name := strings.TrimPrefix(r.URL.Path, operatorPrefix)
	if strings.HasPrefix(name, oneRequest) {
		name = oneRequest
	}
	route, ok := o.routes[name]
	switch {
	case !ok || !route.may(r): // a door that is shut looks like none
		writeJSON(w, http.StatusNotFound, map[string]string{"message": "Not Found"})
	case r.Method != route.method:
		w.Header().Set("Allow", route.method)
		writeJSON(w, http.StatusMethodNotAllowed, map[string]string{"message": "use " + route.method})
	default:
		route.serve(w, r)
	}
}

func anybody(*http.Request) bool { return true }

// test lets tests in: only with --ephemeral, only from loopback, and never a
// page of another origin that a developer's browser happens to show.
func (o *operator) test(r *http.Request) bool {
	return o.server.config.Ephemeral && fromLoopback(r) && toLoopback(r) && sameOrigin(r)
}

func (o *operator) rootOrTest(r *http.Request) bool {
	return o.test(r) || o.server.signedByRoot(r)
}

func (o *operator) health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (o *operator) reset(w http.ResponseWriter, r *http.Request) {
	if err := o.server.reset(r.Context()); err != nil {
		o.server.logger.Error("reset", "error", err)
		writeJSON(w, http.StatusInternalServerError, map[string]string{"message": "reset failed; see the log"})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// maxAdvance, of all calls together, keeps the clock where certificates and
// dates still mean something.
const maxAdvance = 20 * 365 * 24 * time.Hour

func (o *operator) clock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Advance string `json:"advance"`
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil || decoder.More() {
		writeJSON(w, http.StatusBadRequest, map[string]string{"message": `the body is {"advance":"90m"}`})
		return
	}
	d, err := time.ParseDuration(in.Advance)
	if err != nil || d < 0 || d > maxAdvance || o.server.clock.Now().Add(d).After(time.Now().Add(maxAdvance)) {
		writeJSON(w, http.StatusBadRequest, map[string]string{"message": `advance is a duration from 0s to 20 years in all, such as "90m" or "24h"`})
		return
	}
	now := o.server.clock.Advance(d)
	writeJSON(w, http.StatusOK, map[string]string{"now": now.Format(time.RFC3339Nano)})
}

func (o *operator) outbox(w http.ResponseWriter, r *http.Request) {
	list, err := o.server.outbox.List(r.Context(), r.URL.Query().Get("to"))
	if err != nil {
		o.server.logger.Error("outbox", "error", err)
		writeJSON(w, http.StatusInternalServerError, map[string]string{"message": "the outbox cannot be read; see the log"})
		return
	}
	writeJSON(w, http.StatusOK, list)
}

// fromLoopback is about who sent the request first. One that came by a proxy on
// this machine, or by an API of this very server that passes requests on, says
// so, and is not from here.
func fromLoopback(r *http.Request) bool {
	for _, passedOn := range [...]string{"Forwarded", "Via", "X-Forwarded-For", "X-Amzn-Apigateway-Api-Id"} {
		if len(r.Header[passedOn]) > 0 {
			return false
		}
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}

// toLoopback refuses a Host that is no name of loopback: a page that rebinds
// its own name to 127.0.0.1 still sends that name.
func toLoopback(r *http.Request) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}

// sameOrigin refuses what a browser sends for a page of another origin: every
// Sec-Fetch-Site and every Origin that is there must be harmless.
func sameOrigin(r *http.Request) bool {
	for _, site := range r.Header["Sec-Fetch-Site"] {
		if site != "same-origin" && site != "none" {
			return false
		}
	}
	for _, origin := range r.Header["Origin"] {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
			return false
		}
	}
	return true
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v) // the client has left; nothing to tell it
}
