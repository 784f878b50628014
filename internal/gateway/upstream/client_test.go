package upstream_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/gateway/upstream"
)

// ask is a request that a server gets by name of its address.
func ask(address, method, target string, body []byte) *upstream.Request {
	return &upstream.Request{Host: address, Method: method, Target: target, Body: body, Deadline: time.Now().Add(30 * time.Second), MaxBody: 1 << 20}
}

func expectKind(t *testing.T, err error, kind upstream.Kind) {
	t.Helper()
	var failed *upstream.Error
	if !errors.As(err, &failed) || failed.Kind != kind {
		t.Errorf("got %v, want kind %d", err, kind)
	}
}

// script is a server that answers connection by connection as it is told.
func script(t *testing.T, connections ...func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		for _, serve := range connections {
			c, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() { defer c.Close(); serve(c) })
		}
	})
	t.Cleanup(func() { l.Close(); group.Wait() })
	return l.Addr().String()
}

// request reads one head, and the body of so many bytes.
func request(c net.Conn, body int) string {
	var all []byte
	for one := make([]byte, 1); !bytes.HasSuffix(all, []byte("\r\n\r\n")); {
		if _, err := c.Read(one); err != nil {
			return string(all)
		}
		all = append(all, one[0])
	}
	rest := make([]byte, body)
	n, _ := io.ReadFull(c, rest)
	return string(all) + string(rest[:n])
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

func TestRequestsAsAServerOfNetHTTPSeesThem(t *testing.T) {
	var saw atomic.Value // what a writev carries across is nothing to the race detector
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		saw.Store(fmt.Sprintf("%s %s %s %d %d %q", r.Method, r.RequestURI, r.Host, r.ContentLength, len(body), r.Header["X-Two"]))
		w.Header().Set("X-Size", fmt.Sprint(len(body)))
		if r.Method == "DELETE" {
			w.WriteHeader(204)
			return
		}
		for range 3 { // flushed: chunks
			w.Write(body)
			w.(http.Flusher).Flush()
		}
	})
	plain, secure := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	defer plain.Close()
	defer secure.Close()
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	client := upstream.New(upstream.Config{RootCAs: roots})
	defer client.Close()
	var answer upstream.Answer
	for _, server := range []*httptest.Server{plain, secure} {
		host := server.Listener.Addr().String()
		for _, c := range []struct {
			method, target string
			size           int
			status         int
			seen           string
		}{
			{"GET", "/a%2Fb?q=%20", 0, 200, "GET /a%2Fb?q=%20 " + host + " 0 0"},
			{"HEAD", "/", 0, 200, "HEAD / " + host + " 0 0"},
			{"POST", "/", 0, 200, "POST / " + host + " 0 0"},
			{"POST", "/", 5, 200, "POST / " + host + " 5 5"},
			{"PUT", "/", 40_000, 200, "PUT / " + host + " 40000 40000"},
			{"PATCH", "/", 300_000, 200, "PATCH / " + host + " 300000 300000"},
			{"DELETE", "/", 0, 204, "DELETE / " + host + " 0 0"},
		} {
			q := ask(host, c.method, c.target, bytes.Repeat([]byte("x"), c.size))
			q.Secure = server == secure
			q.Fields = []upstream.Field{{Name: "X-Two", Value: "1"}, {Name: "X-Two", Value: "2"}}
			if err := client.Do(t.Context(), q, &answer); err != nil {
				t.Fatalf("%s of %d bytes: %v", c.method, c.size, err)
			}
			want, seen := 3*c.size, saw.Load().(string)
			if answer.Status != c.status || len(answer.Body) != want || seen != c.seen+` ["1" "2"]` {
				t.Errorf("%s of %d bytes: %d, %d bytes, the server saw %s", c.method, c.size, answer.Status, len(answer.Body), seen)
			}
		}
	}
}

func TestOneConnectionCarriesOneRequestAfterTheOther(t *testing.T) {
	for _, start := range []func(http.Handler) *httptest.Server{httptest.NewServer, httptest.NewTLSServer} {
		addresses := map[string]bool{}
		server := start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { addresses[r.RemoteAddr] = true; io.WriteString(w, "ok") }))
		config := upstream.Config{}
		if server.TLS != nil {
			config.RootCAs = x509.NewCertPool()
			config.RootCAs.AddCert(server.Certificate())
		}
		client := upstream.New(config)
		var answer upstream.Answer
		for range 20 {
			q := ask(server.Listener.Addr().String(), "GET", "/", nil)
			q.Secure = server.TLS != nil
			if err := client.Do(t.Context(), q, &answer); err != nil || string(answer.Body) != "ok" {
				t.Fatalf("%v %q", err, answer.Body)
			}
		}
		if len(addresses) != 1 {
			t.Errorf("20 requests came from %d connections", len(addresses))
		}
		client.Close()
		server.Close()
	}
}

// What has been kept and is closed meanwhile carries nothing: nothing of the request
// is lost, and so it is sent on a new connection, whatever its method and size.
func TestAClosedConnectionIsNotUsed(t *testing.T) {
	for _, size := range []int{0, 100, 30 << 10, 200 << 10} {
		closed, served := make(chan struct{}), make(chan string, 1)
		address := script(t,
			func(c net.Conn) {
				request(c, 0)
				io.WriteString(c, ok)
				c.Close()
				close(closed)
			},
			func(c net.Conn) { served <- request(c, size); io.WriteString(c, ok) })
		client := upstream.New(upstream.Config{})
		var answer upstream.Answer
		if err := client.Do(t.Context(), ask(address, "GET", "/", nil), &answer); err != nil {
			t.Fatal(err)
		}
		<-closed
		body := bytes.Repeat([]byte("x"), size)
		if err := client.Do(t.Context(), ask(address, "POST", "/", body), &answer); err != nil || string(answer.Body) != "ok" {
			t.Errorf("%d bytes: %q %v", size, answer.Body, err)
		} else if got := <-served; !strings.HasSuffix(got, "\r\n\r\n"+string(body)) {
			t.Errorf("%d bytes: the server has read %d", size, len(got))
		}
		client.Close()
	}
}

// A socket that takes less than the request at once gets the rest of it, and
// nothing twice.
func TestARequestThatTheSocketTakesInParts(t *testing.T) {
	body := make([]byte, 12<<10)
	for i := range body {
		body[i] = byte('a' + i%26)
	}
	read := make(chan string, 2)
	address := script(t, func(c net.Conn) {
		for range 2 {
			read <- request(c, len(body))
			io.WriteString(c, ok)
		}
	})
	client := upstream.New(upstream.Config{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err == nil {
			err = c.(*net.TCPConn).SetWriteBuffer(1)
		}
		return c, err
	}})
	defer client.Close()
	for i := range 2 {
		var answer upstream.Answer
		if err := client.Do(t.Context(), ask(address, "POST", "/", body), &answer); err != nil || string(answer.Body) != "ok" {
			t.Fatalf("request %d: %q %v", i, answer.Body, err)
		}
		if got := <-read; !strings.HasSuffix(got, "\r\n\r\n"+string(body)) {
			t.Errorf("request %d came as %d bytes", i, len(got))
		}
	}
}

// A server that takes a request on a kept connection and hangs up has perhaps
// acted on it: only what may be done twice is sent twice, and only once more.
func TestWhatIsSentAgain(t *testing.T) {
	for method, again := range map[string]bool{"GET": true, "HEAD": true, "PUT": true, "DELETE": true, "POST": false, "PATCH": false} {
		var asked atomic.Int32
		hangUp := func(c net.Conn) {
			request(c, 0)
			io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
			request(c, 0)
			asked.Add(1)
		}
		serve := func(c net.Conn) { request(c, 0); asked.Add(1); io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n") }
		address := script(t, hangUp, serve)
		client := upstream.New(upstream.Config{})
		var answer upstream.Answer
		if err := client.Do(t.Context(), ask(address, "GET", "/", nil), &answer); err != nil {
			t.Fatal(err)
		}
		err := client.Do(t.Context(), ask(address, method, "/", nil), &answer)
		if again && (err != nil || asked.Load() != 2) || !again && asked.Load() != 1 {
			t.Errorf("%s: asked %d times, %v", method, asked.Load(), err)
		}
		if !again {
			expectKind(t, err, upstream.Unreachable)
		}
		client.Close()
	}
	// A new connection that breaks is no idle one that had aged.
	var asked atomic.Int32
	hangUp := func(c net.Conn) { request(c, 0); asked.Add(1) }
	address := script(t, hangUp, hangUp)
	client := upstream.New(upstream.Config{})
	defer client.Close()
	expectKind(t, client.Do(t.Context(), ask(address, "GET", "/", nil), &upstream.Answer{}), upstream.Unreachable)
	if asked.Load() != 1 {
		t.Errorf("a request on a new connection was sent %d times", asked.Load())
	}
}

// A server may answer before it has read a large body, and then read no more.
func TestAnEarlyAnswerToALargeBody(t *testing.T) {
	done := make(chan struct{})
	address := script(t, func(c net.Conn) {
		request(c, 0)
		io.WriteString(c, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno")
		<-done
	})
	client := upstream.New(upstream.Config{})
	defer client.Close()
	var answer upstream.Answer
	err := client.Do(t.Context(), ask(address, "POST", "/", make([]byte, 9<<20)), &answer)
	close(done)
	if err != nil || answer.Status != 413 || string(answer.Body) != "no" {
		t.Errorf("%d %q %v", answer.Status, answer.Body, err)
	}
}

func TestWhoWaitsInVain(t *testing.T) {
	waiting := make(chan struct{}, 4)
	silent := func(c net.Conn) { request(c, 0); waiting <- struct{}{}; c.Read(make([]byte, 1)) }
	address := script(t, silent, silent, silent)
	client := upstream.New(upstream.Config{MaxConnections: 1})
	defer client.Close()

	q := ask(address, "GET", "/", nil)
	q.Deadline = time.Now().Add(300 * time.Millisecond)
	expectKind(t, client.Do(t.Context(), q, &upstream.Answer{}), upstream.Timeout)

	ctx, leave := context.WithCancel(t.Context())
	<-waiting
	go func() { <-waiting; leave() }()
	expectKind(t, client.Do(ctx, ask(address, "GET", "/", nil), &upstream.Answer{}), upstream.Canceled)

	// One connection is all there may be: whoever comes second waits for it.
	first := make(chan error, 1)
	ctx, leave = context.WithCancel(t.Context())
	go func() { first <- client.Do(ctx, ask(address, "GET", "/", nil), &upstream.Answer{}) }()
	<-waiting
	q = ask(address, "GET", "/", nil)
	q.Deadline = time.Now().Add(50 * time.Millisecond)
	expectKind(t, client.Do(t.Context(), q, &upstream.Answer{}), upstream.Timeout)
	leave()
	expectKind(t, <-first, upstream.Canceled)
}

func TestServersThatCannotBeTrustedOrReached(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	client := upstream.New(upstream.Config{RootCAs: x509.NewCertPool()})
	defer client.Close()
	for host, kind := range map[string]upstream.Kind{
		secure.Listener.Addr().String(): upstream.Malformed, // nobody vouches for it
		plain.Listener.Addr().String():  upstream.Malformed, // no TLS
		closed.Addr().String():          upstream.Unreachable,
		"no-such-host.invalid":          upstream.Unreachable,
	} {
		q := ask(host, "GET", "/", nil)
		q.Secure = true
		expectKind(t, client.Do(t.Context(), q, &upstream.Answer{}), kind)
	}
}

// Whatever a caller passes on, it becomes one request or none.
func TestRequestsThatCannotBeWritten(t *testing.T) {
	client := upstream.New(upstream.Config{Dial: func(context.Context, string, string) (net.Conn, error) {
		t.Error("connected")
		return nil, io.EOF
	}})
	for name, change := range map[string]func(*upstream.Request){
		"a method with a space": func(q *upstream.Request) { q.Method = "GET /x HTTP/1.1\r\n" },
		"no method":             func(q *upstream.Request) { q.Method = "" },
		"a target with a space": func(q *upstream.Request) { q.Target = "/ HTTP/1.1" },
		"a target with a line":  func(q *upstream.Request) { q.Target = "/\r\nX: y" },
		"a target of a proxy":   func(q *upstream.Request) { q.Target = "http://other/" },
		"no target":             func(q *upstream.Request) { q.Target = "" },
		"a host with a line":    func(q *upstream.Request) { q.Host = "a\r\nX: y" },
		"a host with a user":    func(q *upstream.Request) { q.Host = "user@host" },
		"no host":               func(q *upstream.Request) { q.Host = "" },
		"no deadline":           func(q *upstream.Request) { q.Deadline = time.Time{} },
		"a value with a line":   func(q *upstream.Request) { q.Fields = []upstream.Field{{Name: "X", Value: "a\r\nY: b"}} },
		"a value with a NUL":    func(q *upstream.Request) { q.Fields = []upstream.Field{{Name: "X", Value: "\x00"}} },
		"a name with a colon":   func(q *upstream.Request) { q.Fields = []upstream.Field{{Name: "X: y\r\nZ", Value: ""}} },
		"a second host":         func(q *upstream.Request) { q.Fields = []upstream.Field{{Name: "hOst", Value: "other"}} },
		"a length":              func(q *upstream.Request) { q.Fields = []upstream.Field{{Name: "Content-Length", Value: "0"}} },
		"a coding":              func(q *upstream.Request) { q.Fields = []upstream.Field{{Name: "transfer-encoding", Value: "chunked"}} },
		"words of a connection": func(q *upstream.Request) { q.Fields = []upstream.Field{{Name: "Connection", Value: "close"}} },
	} {
		q := ask("host", "GET", "/", nil)
		change(q)
		err := client.Do(t.Context(), q, &upstream.Answer{})
		var failed *upstream.Error
		if !errors.As(err, &failed) || failed.Kind != upstream.Invalid || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Many at once get each their own answer, over no more connections than allowed.
func TestManyRequestsAtOnce(t *testing.T) {
	var now, most atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for n := now.Add(1); ; {
			if m := most.Load(); n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		defer now.Add(-1)
		body, _ := io.ReadAll(r.Body)
		if len(body)%7 == 0 {
			w.Header().Set("Connection", "close")
		}
		w.Write(append(body, r.URL.Path...))
	}))
	defer server.Close()
	client := upstream.New(upstream.Config{MaxConnections: 4, MaxIdlePerServer: 2})
	defer client.Close()
	var group sync.WaitGroup
	for worker := range 16 {
		group.Go(func() {
			var answer upstream.Answer
			for i := range 50 {
				path, body := fmt.Sprintf("/%d/%d", worker, i), bytes.Repeat([]byte{'a' + byte(worker)}, i)
				err := client.Do(t.Context(), ask(server.Listener.Addr().String(), "POST", path, body), &answer)
				if err != nil || string(answer.Body) != string(body)+path {
					t.Errorf("%s: %q %v", path, answer.Body, err)
					return
				}
			}
		})
	}
	group.Wait()
	if most.Load() > 4 {
		t.Errorf("%d requests at once", most.Load())
	}
}

// The aim is what net.Conn and a deadline cost, and the answer's texts.
func TestARequestAllocatesAHandful(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for buffer := make([]byte, 4096); ; {
			if _, err := c.Read(buffer); err != nil {
				return
			}
			if _, err := io.WriteString(c, ok); err != nil {
				return
			}
		}
	}()
	client := upstream.New(upstream.Config{})
	defer client.Close()
	var answer upstream.Answer
	q := ask(l.Addr().String(), "GET", "/", nil)
	if n := testing.AllocsPerRun(200, func() {
		if err := client.Do(t.Context(), q, &answer); err != nil {
			t.Fatal(err)
		}
	}); n > 8 {
		t.Errorf("%v allocations", n)
	}
}
