package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/server"
)

const (
	askTimeout = 30 * time.Second
	maxReport  = 64 << 20 // bytes of an answer to the operator
)

// serverURL is where the server that the flags mean answers.
func serverURL(c config.Config) string {
	if c.URL != "" {
		return c.URL
	}
	return "http://" + c.Listen
}

// plainClient follows no redirects: what is signed is meant for one server.
func plainClient() *http.Client {
	return &http.Client{Timeout: askTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// operatorDoor is a server as its operator meets it.
type operatorDoor struct {
	config config.Config
	base   string
	key    account.Credentials
	noKey  error // why there is none
}

func knock(ctx context.Context, c config.Config) *operatorDoor {
	d := &operatorDoor{config: c, base: serverURL(c)}
	d.key, d.noKey = server.RootKey(ctx, c)
	return d
}

// ask gets one of the paths that a server has for its operator, signed by the
// root key. A server for tests on this machine asks for none: so a key that
// cannot be found counts only when the server wants one.
func (d *operatorDoor) ask(ctx context.Context, client *http.Client, path string) (*http.Response, error) {
	return d.request(ctx, client, http.MethodGet, path)
}

func (d *operatorDoor) request(ctx context.Context, client *http.Client, method, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, d.base+path, nil)
	if err != nil {
		return nil, err
	}
	if d.noKey == nil {
		nothing := sha256.Sum256(nil)
		credentials := aws.Credentials{AccessKeyID: d.key.AccessKeyID, SecretAccessKey: d.key.SecretAccessKey.Reveal()}
		if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(nothing[:]), "sallyport", d.config.Region, time.Now()); err != nil {
			return nil, err
		}
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, unreachable(d.base, err)
	}
	return response, nil
}

// read is ask for what comes as a whole.
func (d *operatorDoor) read(ctx context.Context, path string) (body []byte, status int, err error) {
	return d.send(ctx, http.MethodGet, path)
}

// send asks, or has something done, and reads what comes as a whole.
func (d *operatorDoor) send(ctx context.Context, method, path string) (body []byte, status int, err error) {
	response, err := d.request(ctx, plainClient(), method, path)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	if body, err = io.ReadAll(io.LimitReader(response.Body, maxReport)); err != nil {
		return nil, 0, unreachable(d.base, err)
	}
	return body, response.StatusCode, nil
}

// refusal is what an answer means that is not what was asked for.
func (d *operatorDoor) refusal(status int, body []byte) error {
	var said struct{ RequestID, Message string }
	_ = json.Unmarshal(body, &said) // what is no JSON says nothing
	switch {
	case status == http.StatusNotFound && said.RequestID != "":
		return fmt.Errorf("the server at %s has %s", d.base, visible(said.Message))
	case status == http.StatusNotFound && said.Message == "Not Found": // the door is shut
		if d.noKey != nil {
			return fmt.Errorf("the server at %s wants to be asked with its root key, which is not here: %w", d.base, d.noKey)
		}
		return wrongKey(d.base)
	case status == http.StatusBadRequest && said.Message != "":
		return usageError{errors.New(visible(said.Message))}
	case said.Message != "" && (status == http.StatusConflict || status == http.StatusTooManyRequests || status == http.StatusInternalServerError):
		return fmt.Errorf("the server at %s says: %s", d.base, visible(said.Message))
	}
	return fmt.Errorf("what answers at %s is no sallyport of this version (HTTP status %d): say where yours is with --listen or --url", d.base, status)
}

// askOperator gets the report of a request.
func askOperator(ctx context.Context, c config.Config, path string) ([]byte, error) {
	door := knock(ctx, c)
	body, status, err := door.read(ctx, path)
	if err != nil {
		return nil, err
	}
	var said struct{ RequestID string }
	if status == http.StatusOK && json.Unmarshal(body, &said) == nil && said.RequestID != "" {
		return body, nil
	}
	return nil, door.refusal(status, body)
}

func wrongKey(base string) error {
	return fmt.Errorf("the server at %s has another root key: name its data folder with --data (or its database with --database), or set the %s and %s with which it was started; or say where yours is with --listen or --url",
		base, config.EnvRootKeyID, config.EnvRootSecret)
}

// unreachable says what to do about a server that gives no answer.
func unreachable(base string, err error) error {
	if asked := (*url.Error)(nil); errors.As(err, &asked) {
		err = asked.Err
	}
	if dial := (*net.OpError)(nil); errors.As(err, &dial) && dial.Op == "dial" {
		return fmt.Errorf("no server answers at %s: start one with sallyport up, or say where yours is with --listen or --url", base)
	}
	return fmt.Errorf("the server at %s gave no answer: %w", base, err)
}
