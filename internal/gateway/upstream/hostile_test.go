package upstream_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/sallyport/sallyport/internal/gateway/upstream"
)

// trusting is a client that trusts the certificate which a script may use.
func trusting(t *testing.T, dial func(context.Context, string, string) (net.Conn, error)) (*upstream.Client, *tls.Config) {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return upstream.New(upstream.Config{RootCAs: roots, Dial: dial}), &tls.Config{Certificates: s.TLS.Certificates}
}

// What a server says between two requests must not answer the second.
func TestAnUnaskedAnswerIsNobodysAnswer(t *testing.T) {
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		client, config := trusting(t, nil)
		speak, said := make(chan struct{}), make(chan struct{})
		wrap := func(c net.Conn) net.Conn {
			if secure {
				return tls.Server(c, config)
			}
			return c
		}
		var connections atomic.Int32
		address := script(t,
			func(plain net.Conn) {
				c := wrap(plain)
				connections.Add(1)
				request(c, 0)
				io.WriteString(c, ok)
				<-speak // the client has its answer, and keeps the connection
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
				close(said)
				c.Read(make([]byte, 1))
			},
			func(plain net.Conn) {
				c := wrap(plain)
				connections.Add(1)
				request(c, 0)
				io.WriteString(c, ok)
			})
		for i := range 2 {
			var answer upstream.Answer
			q := ask(address, "GET", "/", nil)
			q.Secure = secure
			if err := client.Do(t.Context(), q, &answer); err != nil || string(answer.Body) != "ok" {
				t.Errorf("%s, request %d: %q %v", name, i, answer.Body, err)
			}
			if i == 0 {
				close(speak)
				<-said
			}
		}
		if connections.Load() != 2 {
			t.Errorf("%s: %d connections", name, connections.Load())
		}
		client.Close()
	}
}

// quiet is a connection on which, from some moment on, nothing more is to be written.
type quiet struct {
	*net.TCPConn
	hush    *atomic.Bool
	written *atomic.Int32
}

func (c quiet) Write(b []byte) (int, error) {
	if c.hush.Load() {
		c.written.Add(1)
	}
	return c.TCPConn.Write(b)
}

// A server that reads nothing any more could make each goodbye take seconds, and
// with it all who need the pool.
func TestAConnectionIsClosedWithoutAWord(t *testing.T) {
	var hush atomic.Bool
	var written atomic.Int32
	client, config := trusting(t, func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return quiet{c.(*net.TCPConn), &hush, &written}, nil
	})
	ended := make(chan error, 1)
	address := script(t, func(plain net.Conn) {
		c := tls.Server(plain, config)
		request(c, 0)
		io.WriteString(c, ok)
		_, err := plain.Read(make([]byte, 1))
		ended <- err
	})
	q := ask(address, "GET", "/", nil)
	q.Secure = true
	if err := client.Do(t.Context(), q, &upstream.Answer{}); err != nil {
		t.Fatal(err)
	}
	hush.Store(true)
	client.Close()
	if err := <-ended; err != io.EOF || written.Load() != 0 {
		t.Errorf("the server heard %v, after %d writes", err, written.Load())
	}
}

// A server that has begun to answer has acted on the request.
func TestWhatWasAnsweredInPartIsNotSentAgain(t *testing.T) {
	var asked atomic.Int32
	begins := func(c net.Conn) {
		request(c, 0)
		io.WriteString(c, ok)
		request(c, 0)
		asked.Add(1)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Le")
	}
	client, _ := trusting(t, nil)
	defer client.Close()
	address := script(t, begins, begins)
	if err := client.Do(t.Context(), ask(address, "GET", "/", nil), &upstream.Answer{}); err != nil {
		t.Fatal(err)
	}
	expectKind(t, client.Do(t.Context(), ask(address, "GET", "/", nil), &upstream.Answer{}), upstream.Unreachable)
	if asked.Load() != 1 {
		t.Errorf("sent %d times", asked.Load())
	}
}
