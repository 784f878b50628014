package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/sigv4"
)

// signer is who has signed a request.
type signer struct {
	call      access.Call // what policies are asked about, with its Caller
	signature *sigv4.Signature
}

// proveSigner is the first step of an AWS_IAM method: whose signature is it, and
// does it cover this request? What needs no secret is looked at first, and a key
// that nobody has costs nobody the reading of a body.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
func proveSigner(ctx context.Context, g *Gateway, x *exchange) verdict {
	s, err := sigv4.Parse(x.r)
	if err != nil {
		return g.badSignature(x, "", err)
	}
	// Here a path with // or /./ is another path than the one without.
	p := sigv4.Params{
		Now: g.clock.NowFor(s.Time), Skew: sigv4.SkewExecute, Keys: g.signing, Exact: true,
		Service: "execute-api", Region: x.stage.region,
	}
	if err := s.Check(p); err != nil {
		return g.badSignature(x, s.AccessKeyID, err)
	}
	if err := unsignedMeaning(x, s); err != nil {
		return g.badSignature(x, s.AccessKeyID, err)
	}
	secret, owner, err := g.keys.Key(ctx, s.AccessKeyID, s.SessionToken)
	if err != nil {
		return g.badSignature(x, s.AccessKeyID, err)
	}
	body, refused := readBody(x)
	if refused.denial != nil {
		return refused
	}
	if x.read { // which may have taken minutes: a key that was taken away meanwhile opens nothing
		if secret, owner, err = g.keys.Key(ctx, s.AccessKeyID, s.SessionToken); err != nil {
			return g.badSignature(x, s.AccessKeyID, err)
		}
	}
	p.Secret, p.Body = secret, body
	if err := s.Verify(p); err != nil {
		return g.badSignature(x, s.AccessKeyID, err)
	}
	if owner.Kind == access.Anonymous {
		return g.badSignature(x, s.AccessKeyID, sigv4.ErrUnknownKey)
	}
	x.signer = &signer{g.call(x, owner), s}
	x.record.Caller = owner.ARN
	return passed(owner.AccessKeyID)
}

// unsignedMeaning finds what changes the meaning of a request without changing
// what its signature covers, so that nobody who has seen a request can make
// another one of it.
func unsignedMeaning(x *exchange, s *sigv4.Signature) error {
	if _, overrides := x.r.Header[methodOverride]; overrides && !x.http { // where it means nothing
		if !s.Signs(strings.ToLower(methodOverride)) {
			return &sigv4.Error{Kind: sigv4.Mismatch, Message: "'" + strings.ToLower(methodOverride) + "' must be a 'SignedHeader' in the AWS Authorization."}
		}
	}
	// A signature reads a broken escape in one way, the integration in another.
	if !wellEscaped(x.address.Query) {
		return &sigv4.Error{Kind: sigv4.Incomplete, Message: "The query string is malformed: a '%' must be followed by two hexadecimal digits."}
	}
	return nil
}

// call is the request as policies see it.
func (g *Gateway) call(x *exchange, owner access.Caller) access.Call {
	c := access.Call{
		Caller: owner, Account: g.account, Region: x.stage.region, RequestID: x.id, UserAgent: x.r.UserAgent(),
		Secure: x.r.TLS != nil, Time: x.at, Record: &x.record,
	}
	if source, err := netip.ParseAddr(x.source); err == nil {
		c.Source = source.Unmap()
	}
	if from := x.r.Header["Referer"]; len(from) == 1 {
		c.Conditions = map[string][]string{"aws:referer": from}
	}
	return c
}

// badSignature answers for a signature that proves nothing; accessKeyID is that
// of the request, if it could be read. Only the verifier's own refusals are for
// the client.
func (g *Gateway) badSignature(x *exchange, accessKeyID string, err error) verdict {
	var known *sigv4.Error
	if !errors.As(err, &known) {
		g.logger.Error("the owner of a key could not be found", slog.String("requestId", x.id), slog.Any("error", err))
		return denied(failInternal, "the owner of the key could not be found; see the log")
	}
	return denied(signatureDenial(known), known.Reason(accessKeyID))
}
