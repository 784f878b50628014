package gateway

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
)

// Limits of a request, from AWS's quotas.
const (
	maxHeaders = 10240 // bytes, names and values of all headers
	maxURL     = 10240 // bytes
)

// ServeHTTP answers a request for an API, whichever form its URL has. One that
// is for no API is Forbidden.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, _ := Locate(r, g.domain)
	g.Serve(w, r, a)
}

// Serve answers a request for the API at a.
func (g *Gateway) Serve(w http.ResponseWriter, r *http.Request, a Address) {
	x := exchanges.Get().(*exchange)
	x.w, x.r, x.address, x.at, x.source, x.bodies = w, r, a, g.clock.Now(), sourceOf(r), &g.bodies
	if g.answer(x) {
		x.release() // not after a panic: who knows who still holds it
	}
}

// answer is false after a panic.
func (g *Gateway) answer(x *exchange) (sound bool) {
	g.identify(x)
	x.record.ID, x.record.At, x.record.Plane, x.record.Service = x.id, x.at, "data", "execute-api"
	x.record.Source, x.record.UserAgent, x.record.Caller = x.source, x.r.UserAgent(), "anonymous"
	defer func() {
		x.letGo()
		x.record.Took = g.clock.Now().Sub(x.at)
		if x.stage != nil && x.stage.log != nil {
			x.stage.log.Write(x.logged)
		}
		g.records.Write(&x.record)
	}()
	defer func() {
		if p := recover(); p != nil {
			g.panicked(x, p)
		}
	}()
	d, reason := g.stage(x)
	if x.overHTTP() {
		x.record.ID = x.extended // the only id that the client hears
		x.addHeader("Apigw-Requestid", x.extended)
	} else {
		x.addHeader("x-amzn-RequestId", x.id)
		x.addHeader("x-amz-apigw-id", x.extended)
	}
	if d == nil {
		d, reason = g.route(x)
	}
	if d != nil {
		x.record.Operation = asSent(x.r) // no route gave it a name
		g.refuse(x, "route", d, reason)
		return true
	}
	x.record.Note("route", audit.Passed, x.record.Route, x.at)
	g.run(x.r.Context(), x)
	return true
}

// panicked ends a request in which the gateway itself has failed. An answer that
// was begun is cut off: nobody is to take half of one for the whole.
func (g *Gateway) panicked(x *exchange, p any) {
	if p != http.ErrAbortHandler {
		g.logger.Error("a request for an API panicked", slog.String("requestId", x.record.ID), slog.String("route", x.record.Route),
			slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
	}
	const reason = "panic; see the log"
	if x.answered == 0 && x.refusal == nil {
		g.refuse(x, "panic", failInternal, reason)
		return
	}
	x.record.Note("panic", audit.Failed, reason, g.clock.Now())
	x.record.Outcome = audit.Failed
	panic(http.ErrAbortHandler)
}

// asSent names a request by what the client asked for, without the query, which
// may hold what is nobody's business.
func asSent(r *http.Request) string {
	const enough = 192 // bytes; audit keeps no more
	name := r.Method + " " + r.Host + r.URL.EscapedPath()
	return strings.ToValidUTF8(name[:min(len(name), enough)], "")
}

// stage finds the stage of a request, or why there is none.
func (g *Gateway) stage(x *exchange) (*denial, string) {
	api := (*g.live.Load())[x.address.API]
	if api == nil || x.address.Region != "" && x.address.Region != api.region {
		return denyForbidden, "no such API in the region"
	}
	x.record.Region, x.record.API = api.region, x.address.API
	x.http = api.http
	if x.address.Stage == "" && !api.http { // AWS takes slashes before the stage of a REST API for one
		x.address.Stage, x.address.Path = cutStage(strings.TrimLeft(x.address.Path, "/"))
	}
	x.stage = api.stages[x.address.Stage]
	if byDefault := api.stages[defaultStage]; byDefault != nil && (x.stage == nil || x.address.Stage == defaultStage) {
		if x.address.Region != "" { // by host, the default stage has no segment of its own
			x.address.Path = "/" + x.address.Stage + x.address.Path
			x.stage, x.address.Stage = byDefault, defaultStage
		}
	}
	if x.stage == nil {
		return denyNoStage, "no such stage"
	}
	x.record.Stage = x.stage.name
	if x.stage.disabled {
		return denyDisabled, "the API's execute-api endpoint is disabled"
	}
	return nil, ""
}

// defaultStage is the stage of an HTTP API that URLs by host do not name.
const defaultStage = DefaultRoute

// route finds the route and method of a request, or why there is none.
func (g *Gateway) route(x *exchange) (*denial, string) {
	if x.verb = x.r.Method; x.stage.http != nil {
		return x.stage.http.route(x)
	}
	if len(x.r.RequestURI) > maxURL {
		return denyURITooLong, "the URL is over 10240 bytes"
	}
	if headerBytes(x.r) > maxHeaders {
		return denyHeaders, "the headers are over 10240 bytes"
	}
	if override := x.r.Header[methodOverride]; len(override) > 0 {
		// Before the route is chosen, so that the method's own authorizer decides.
		if x.verb = override[0]; len(override) > 1 || !IsVerb(x.verb) {
			return denyBadRequest, "X-HTTP-Method-Override is not one HTTP method"
		}
	}
	x.mergeSlashes()
	if x.route, x.params = x.stage.root.lookup(x.verb, x.address.Path, x.room[:0]); x.route == nil {
		if x.route, x.params = x.stage.root.lookup("", x.address.Path, x.room[:0]); x.route == nil {
			return unknownRoute(x.r.Header["Authorization"]), "no route has this path"
		}
		return unknownRoute(x.r.Header["Authorization"]), "the route has no such method"
	}
	x.method = x.route.method(x.verb)
	x.arn = x.method.arns[x.verb]
	x.record.Resource = x.arn
	x.record.Operation = x.method.operations[x.verb]
	x.record.Route, x.record.Authorizer = x.method.key, x.method.guard.name
	return nil, ""
}

// mergeSlashes makes one of the slashes with which the path below the stage
// begins, as AWS does. The others are shown in requestContext.path alone.
func (x *exchange) mergeSlashes() {
	path := strings.TrimLeft(x.address.Path, "/")
	if extra := len(x.address.Path) - len(path) - 1; extra > 0 {
		x.slashes, x.address.Path = x.address.Path[:extra], "/"+path
	}
}

// methodOverride is the canonical name of X-HTTP-Method-Override.
const methodOverride = "X-Http-Method-Override"

// randomBytes are the random parts of a request's three ids and of its span.
const randomBytes = 16 + 11 + 12 + 8

// identify gives the request its ids: parts of one text. A trace that the
// client began goes on if its root has the right form.
func (g *Gateway) identify(x *exchange) {
	g.chance.read(x.random[:])
	x.random[16] &= 0x7f // no id begins with a dash, which a shell's command would take for an option
	var room [96]byte
	b := appendUUID(room[:0], x.random[:16])
	id := len(b)
	b = base64.URLEncoding.AppendEncode(b, x.random[16:27])
	extended := len(b)
	b = appendTrace(b, x.at, x.random[27:39])
	text := string(b)
	x.id, x.extended, x.trace = text[:id], text[id:extended], text[extended:]
	if sent := sentTrace(x.r.Header); sent != "" {
		x.trace = sent
	}
}

// appendUUID makes 16 random bytes a UUID of version 4 (RFC 9562).
func appendUUID(b, random []byte) []byte {
	random[6], random[8] = random[6]&0x0f|0x40, random[8]&0x3f|0x80
	b = hex.AppendEncode(b, random[:4])
	for _, part := range [][]byte{random[4:6], random[6:8], random[8:10], random[10:16]} {
		b = append(b, '-')
		b = hex.AppendEncode(b, part)
	}
	return b
}

func appendTrace(b []byte, at time.Time, random []byte) []byte {
	b = append(b, "Root=1-"...)
	b = hex.AppendEncode(b, binary.BigEndian.AppendUint32(nil, uint32(at.Unix())))
	b = append(b, '-')
	return hex.AppendEncode(b, random)
}

// shownTrace is the trace as the answer names it: with the client's span, or with
// one that was made for the request.
func (x *exchange) shownTrace() string {
	if strings.Contains(x.trace, ";Parent=") {
		return x.trace
	}
	root, sampled, _ := strings.Cut(x.trace, ";")
	if sampled == "" {
		sampled = "Sampled=0"
	}
	var room [96]byte
	b := append(append(room[:0], root...), ";Parent="...)
	b = hex.AppendEncode(b, x.random[39:])
	return string(append(append(b, ';'), sampled...))
}

// sentTrace is the trace that the client's X-Amzn-Trace-Id names, "" if it is not
// one header of the form that X-Ray defines: Root, and after it Parent and
// Sampled if they are there. Nothing else of that header goes on.
func sentTrace(h http.Header) string {
	values := h["X-Amzn-Trace-Id"]
	if len(values) != 1 {
		return ""
	}
	root, rest := "", ""
	for field := range strings.SplitSeq(values[0], ";") {
		field = strings.TrimSpace(field)
		const form = "Root=1-00000000-000000000000000000000000"
		switch {
		case len(field) == len(form) && strings.HasPrefix(field, "Root=1-") && field[15] == '-' && isHex(field[7:15]) && isHex(field[16:]):
			root = field
		case len(field) == len("Parent=")+16 && strings.HasPrefix(field, "Parent=") && isHex(field[7:]), field == "Sampled=0", field == "Sampled=1":
			rest += ";" + field
		}
	}
	if root == "" || rest == "" || len(rest) > len(";Parent=0000000000000000;Sampled=1") {
		return root
	}
	return root + rest
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
