package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
)

// Kind is why there is no answer.
type Kind uint8

const (
	// Invalid is a request that cannot be written: nothing was sent.
	Invalid Kind = iota
	// Timeout is a server that did not answer whole before the deadline.
	Timeout
	// Canceled is a caller who went away.
	Canceled
	// Unreachable is a server that could not be connected to, or broke off.
	Unreachable
	// Malformed is an answer that is not HTTP/1.1 as it is read here, or a
	// server whose certificate does not hold.
	Malformed
	// TooLarge is an answer over a bound.
	TooLarge
)

// Error is the only error of Do. Err says more, for the operator; it holds
// addresses and no part of a message.
type Error struct {
	Kind Kind
	Err  error
}

func (e *Error) Error() string { return "upstream: " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

func malformed(text string) error { return &Error{Malformed, errors.New(text)} }
func tooLarge(text string) error  { return &Error{TooLarge, errors.New(text)} }
func invalid(text string) error   { return &Error{Invalid, errors.New(text)} }

// classify tells the errors of the network apart. ctx is the caller's.
func classify(ctx context.Context, err error) *Error {
	var ours *Error
	switch {
	case errors.As(err, &ours):
		return ours
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &Error{Timeout, err}
	case ctx.Err() != nil:
		return &Error{Canceled, ctx.Err()}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Error{Timeout, err}
	}
	return &Error{Unreachable, err}
}

// classifyHandshake tells a server that is not who it should be, or speaks no
// TLS, from one that is gone.
func classifyHandshake(err error) error {
	var untrusted *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	var network net.Error
	switch {
	case errors.As(err, &untrusted), errors.As(err, &noTLS):
		return &Error{Malformed, err}
	case errors.As(err, &network):
		return err
	}
	return &Error{Unreachable, err}
}
