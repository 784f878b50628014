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

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/server"
)

const (
	askTimeout = 30 * time.Second
	maxReport  = 8 << 20 // bytes of an answer to the operator
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

// askOperator gets one of the paths that a server has for its operator, signed
// by the root key. A server for tests on this machine asks for none: so a key
// that cannot be found counts only when the server wants one.
func askOperator(ctx context.Context, c config.Config, path string) ([]byte, error) {
	base := serverURL(c)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
	if err != nil {
		return nil, err
	}
	key, noKey := server.RootKey(ctx, c)
	if noKey == nil {
		nothing := sha256.Sum256(nil)
		credentials := aws.Credentials{AccessKeyID: key.AccessKeyID, SecretAccessKey: key.SecretAccessKey.Reveal()}
		if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(nothing[:]), "sallyport", c.Region, time.Now()); err != nil {
			return nil, err
		}
	}
	response, err := plainClient().Do(request)
	if err != nil {
		return nil, unreachable(base, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReport))
	if err != nil {
		return nil, unreachable(base, err)
	}
	var said struct{ RequestID, Message string }
	isJSON := json.Unmarshal(body, &said) == nil
	switch {
	case response.StatusCode == http.StatusOK && isJSON && said.RequestID != "":
		return body, nil
	case response.StatusCode == http.StatusNotFound && said.RequestID != "":
		return nil, fmt.Errorf("the server at %s has %s", base, visible(said.Message))
	case response.StatusCode == http.StatusNotFound && said.Message == "Not Found": // the door is shut
		if noKey != nil {
			return nil, fmt.Errorf("the server at %s wants to be asked with its root key, which is not here: %w", base, noKey)
		}
		return nil, wrongKey(base)
	}
	return nil, fmt.Errorf("what answers at %s is no sallyport of this version (HTTP status %d): say where yours is with --listen or --url", base, response.StatusCode)
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
