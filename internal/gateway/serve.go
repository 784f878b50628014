package gateway

import (
	"encoding/base64"
	"encoding/hex"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
)

// Limits of a request, from AWS's quotas.
const (
	maxBody    = 10 << 20 // bytes
	maxHeaders = 10240    // bytes, names and values of all headers
	maxURL     = 10240    // bytes
)

// ServeHTTP answers a request for an API, whichever form its URL has. One that
// is for no API is Forbidden.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, _ := Locate(r, g.domain)
	g.Serve(w, r, a)
}

// Serve answers a request for the API at a.
func (g *Gateway) Serve(w http.ResponseWriter, r *http.Request, a Address) {
	x := &exchange{w: w, r: r, address: a, at: g.clock.Now(), source: sourceOf(r)}
	g.identify(x)
	x.record = &audit.Record{
		ID: x.id, At: x.at, Plane: "data", Source: x.source, UserAgent: r.UserAgent(),
		Service: "execute-api", Caller: "anonymous",
	}
	defer func() {
		x.record.Took = g.clock.Now().Sub(x.at)
		g.records.Write(x.record)
	}()
	h := w.Header()
	h["x-amzn-RequestId"] = []string{x.id}
	h["x-amz-apigw-id"] = []string{x.extended}
	if d, reason := g.route(x); d != nil {
		g.refuse(x, "route", d, reason)
		return
	}
	x.record.Note("route", audit.Passed, x.route.template, x.at)
	g.run(r.Context(), x)
}

// route finds the stage, route and method of a request, or why there is none.
func (g *Gateway) route(x *exchange) (*denial, string) {
	api := (*g.live.Load())[x.address.API]
	if api == nil || x.address.Region != "" && x.address.Region != api.region {
		return denyForbidden, "no such API in the region"
	}
	x.record.Region = api.region
	if x.stage = api.stages[x.address.Stage]; x.stage == nil {
		return denyForbidden, "no such stage"
	}
	if x.stage.disabled {
		return denyForbidden, "the API's execute-api endpoint is disabled"
	}
	if len(x.r.RequestURI) > maxURL {
		return denyURITooLong, "the URL is over 10240 bytes"
	}
	if headerBytes(x.r) > maxHeaders {
		return denyHeaders, "the headers are over 10240 bytes"
	}
	x.verb = x.r.Method
	if override := x.r.Header["X-Http-Method-Override"]; len(override) > 0 {
		// Before the route is chosen, so that the method's own authorizer decides.
		if x.verb = override[0]; len(override) > 1 || !isVerb(x.verb) {
			return denyBadRequest, "X-HTTP-Method-Override is not one HTTP method"
		}
	}
	if x.route, x.params = x.stage.root.lookup(x.address.Path, x.buffer[:0]); x.route == nil {
		return unknownRoute(x.r.Header["Authorization"]), "no route has this path"
	}
	if x.method = x.route.method(x.verb); x.method == nil {
		return unknownRoute(x.r.Header["Authorization"]), "the route has no such method"
	}
	x.arn = x.method.arns[x.verb]
	x.record.Resource = x.arn
	x.record.Operation = x.method.operations[x.verb]
	return nil, ""
}

// identify gives the request its ids. A trace that the client began goes on if
// its root has the right form.
func (g *Gateway) identify(x *exchange) {
	var random [16 + 11 + 12]byte
	g.chance.read(random[:])
	var text [36]byte
	id := random[:16]
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // RFC 9562, version 4
	hex.Encode(text[0:8], id[0:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:36], id[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	x.id = string(text[:])
	x.extended = base64.URLEncoding.EncodeToString(random[16:27])
	if x.trace = sentTrace(x.r.Header); x.trace == "" {
		x.trace = newTrace(x.at, random[27:])
	}
}

func newTrace(at time.Time, random []byte) string {
	var seconds [4]byte
	for i, s := 0, uint32(at.Unix()); i < 4; i++ {
		seconds[i] = byte(s >> (24 - 8*i))
	}
	b := append(make([]byte, 0, 40), "Root=1-"...)
	b = hex.AppendEncode(b, seconds[:])
	b = append(b, '-')
	return string(hex.AppendEncode(b, random[:12]))
}

// sentTrace is the root of the trace that the client's X-Amzn-Trace-Id names,
// "" if it is not one header of the form that X-Ray defines. Nothing else of
// that header goes on.
func sentTrace(h http.Header) string {
	values := h["X-Amzn-Trace-Id"]
	if len(values) != 1 {
		return ""
	}
	for field := range strings.SplitSeq(values[0], ";") {
		field = strings.TrimSpace(field)
		const form = "Root=1-00000000-000000000000000000000000"
		if len(field) != len(form) || !strings.HasPrefix(field, "Root=1-") || field[15] != '-' {
			continue
		}
		if isHex(field[7:15]) && isHex(field[16:]) {
			return field
		}
	}
	return ""
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// sourceOf is the address at the other end of the connection, whatever headers say.
func sourceOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func headerBytes(r *http.Request) int {
	n := len("Host") + len(r.Host)
	for name, values := range r.Header {
		for _, value := range values {
			n += len(name) + len(value)
		}
	}
	return n
}
