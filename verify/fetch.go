package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// parseSecureURL accepts https, and http to this machine only: keys that come
// over an open line are whatever the line's owner wants them to be.
func parseSecureURL(text string) (*url.URL, error) {
	address, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("it is not a URL")
	case address.Host == "" || address.Hostname() == "" || address.Opaque != "":
		return nil, fmt.Errorf("%q is not an absolute URL", public(address.Redacted()))
	case address.User != nil:
		return nil, errors.New("the URL must not hold a user name or password")
	case address.Fragment != "":
		return nil, errors.New("the URL must not have a fragment")
	case address.Scheme == "https":
		return address, nil
	case address.Scheme == "http" && isLoopback(address.Hostname()):
		return address, nil
	}
	return nil, fmt.Errorf("%q: https is required (http only to localhost)", public(text))
}

// isLoopback goes by the name. Connections to such a name are held to loopback
// addresses when they are made, whatever a resolver answers (RFC 6761 §6.3).
func isLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// fetcher gets small JSON documents from an issuer.
type fetcher struct {
	transport http.RoundTripper // nil: one made for the URL
	direct    bool              // that one uses no proxy
	limit     int64             // bytes of a document
	timeout   time.Duration     // for everything, redirects included
}

const maxRedirects = 3

func (f *fetcher) get(ctx context.Context, address *url.URL) (document string, err error) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Accept", "application/json")
	transport := f.transport
	if transport == nil {
		transport = transportFor(address, f.direct)
	}
	client := http.Client{Transport: transport, CheckRedirect: stayWith(address)}
	response, err := client.Do(request)
	if err != nil {
		return "", err // names the URL
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("get %s: status %d", address, response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, f.limit+1))
	if err != nil {
		return "", fmt.Errorf("get %s: %w", address, err)
	}
	if int64(len(body)) > f.limit {
		return "", fmt.Errorf("get %s: more than %d bytes", address, f.limit)
	}
	return string(body), nil
}

// stayWith follows redirects within one origin only. Elsewhere, or to a weaker
// line, another party would decide about the keys.
func stayWith(origin *url.URL) func(*http.Request, []*http.Request) error {
	return func(next *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errors.New("too many redirects")
		}
		if next.URL.Scheme != origin.Scheme || next.URL.Host != origin.Host {
			return errors.New("a redirect leads to another origin")
		}
		return nil
	}
}

// transportFor keeps no connection open between fetches: they are rare, and a
// function may be frozen for hours in between.
func transportFor(address *url.URL, direct bool) http.RoundTripper {
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DisableKeepAlives:      true,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: 64 << 10,
	}
	if direct {
		transport.Proxy = nil
	}
	if address.Scheme == "http" {
		dialer := &net.Dialer{Control: onlyLoopback}
		transport.DialContext = dialer.DialContext
		transport.Proxy = nil
	}
	return transport
}

func onlyLoopback(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil || !target.Addr().Unmap().WithZone("").IsLoopback() {
		return errors.New("the name leads to another machine; https is required")
	}
	return nil
}
