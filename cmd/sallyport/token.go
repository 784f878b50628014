package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/sallyport/sallyport/verify"
)

func tokenCommand(std streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "token",
		Short: "Look into tokens",
		Args:  exactly(0, "a command"),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(tokenInspectCommand(std))
	return c
}

// errBadToken ends inspect after it has told everything on standard output.
var errBadToken = errors.New("do not trust this token")

func tokenInspectCommand(std streams) *cobra.Command {
	var issuer string
	c := &cobra.Command{
		Use:   "inspect TOKEN",
		Short: "Show a token's header, its claims in words, and whether its signature holds",
		Long: "Show a token's header, its claims in words, and whether its signature holds and against\n" +
			"which key. TOKEN may be - to read it from standard input, which keeps it out of the\n" +
			"list of processes. The keys come from the issuer that --issuer names, or else from the\n" +
			"one that the token itself names: then the signature proves only that that issuer made it.\n\n" +
			"The exit code is 0 only if the signature holds and the token is in its time.",
		Args: exactly(1, "one token, or -"),
		RunE: func(c *cobra.Command, args []string) error {
			token := args[0]
			if token == "-" {
				var err error
				if token, err = readLine(std.in); err != nil {
					return err
				}
			}
			return inspect(c.Context(), std.out, token, issuer, time.Now())
		},
	}
	c.Flags().StringVar(&issuer, "issuer", "", "the issuer whose keys must have signed it (default: the one that the token names)")
	return c
}

func inspect(ctx context.Context, out io.Writer, token, issuer string, now time.Time) error {
	token = strings.TrimSpace(token)
	if scheme, rest, ok := strings.Cut(token, " "); ok && strings.EqualFold(scheme, "bearer") {
		token = strings.TrimSpace(rest)
	}
	t, err := verify.InsecureDecode(token)
	if err != nil {
		return err
	}
	line := func(label, text string) { fmt.Fprintf(out, "%-11s %s\n", label, visible(text)) }
	line("header", string(t.Header()))
	line("claims", string(t.Claims()))
	fmt.Fprintln(out)
	for _, fact := range facts(t, now) {
		line(fact[0], fact[1])
	}
	named := issuer == ""
	if named {
		issuer = t.Issuer()
	}
	text, good := signature(ctx, t, token, issuer, named)
	line("signature", text)
	if !good || !t.Expiry().After(now) {
		return errBadToken
	}
	return nil
}

// facts are the claims that decide, in words.
func facts(t *verify.InsecureToken, now time.Time) [][2]string {
	var list [][2]string
	add := func(label, text string) {
		if text != "" {
			list = append(list, [2]string{label, text})
		}
	}
	switch t.Use() {
	case "id":
		add("what", "ID token: it says who somebody is")
	case "access":
		add("what", "access token: it says what somebody may do")
	case "":
		add("what", "a token that does not say its use (no token_use)")
	default:
		add("what", "a token for the use "+t.Use())
	}
	who := t.Subject()
	if t.Username() != "" {
		who = t.Username() + ", subject " + who
	}
	add("who", who)
	client := t.ClientID()
	if client == "" {
		client = strings.Join(t.Audience(), ", ")
	}
	add("for client", client)
	add("by issuer", t.Issuer())
	add("groups", strings.Join(t.Groups(), ", "))
	add("scopes", strings.Join(t.Scopes(), " "))
	add("issued", moment(t.IssuedAt(), now))
	switch e := t.Expiry(); {
	case e.IsZero():
		add("expires", "it does not say when")
	case e.After(now):
		add("expires", "in "+span(e.Sub(now))+", at "+e.UTC().Format(time.RFC3339))
	default:
		add("expired", span(now.Sub(e))+" ago, at "+e.UTC().Format(time.RFC3339))
	}
	return list
}

func moment(at, now time.Time) string {
	switch {
	case at.IsZero():
		return ""
	case at.After(now):
		return "in the future: in " + span(at.Sub(now)) + ", at " + at.UTC().Format(time.RFC3339)
	}
	return span(now.Sub(at)) + " ago, at " + at.UTC().Format(time.RFC3339)
}

func span(d time.Duration) string {
	switch {
	case d < time.Second:
		return "less than a second"
	case d < time.Minute:
		return fmt.Sprintf("%d seconds", d/time.Second)
	case d < 48*time.Hour:
		return strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s")
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}

// visible writes out what a terminal would obey, or show as something else.
func visible(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// signature fetches the issuer's keys and tries the token against the one that
// it names. Only the signature and the issuer are asked about here: whether the
// token is in time, or for whom it is, stands in the facts.
func signature(ctx context.Context, t *verify.InsecureToken, token, issuer string, named bool) (string, bool) {
	if issuer == "" {
		return "not checked: the token names no issuer; name one with --issuer", false
	}
	if !named && issuer != t.Issuer() {
		return "not checked: the token says that " + t.Issuer() + " made it, not " + issuer, false
	}
	keys, err := verify.Discover(ctx, issuer)
	if err != nil {
		return "not checked: the issuer's keys cannot be had: " + oneLine(err), false
	}
	defer keys.Close()
	// At the moment of its issue a token that is well signed is in its time.
	at := t.IssuedAt()
	kind := verify.NewJWT
	switch t.Use() {
	case "id":
		kind = verify.NewIDToken
	case "access": // it names its client elsewhere than in aud
		kind = verify.NewAccessToken
	}
	v, err := kind(issuer, verify.AnyClient(), keys, verify.WithClock(func() time.Time { return at }))
	if err != nil {
		return "not checked: " + oneLine(err), false
	}
	if _, err := v.Verify(ctx, token); err != nil {
		return "DOES NOT HOLD: " + oneLine(err), false
	}
	text := fmt.Sprintf("holds, against key %s", t.KeyID())
	if key, err := keys.Key(ctx, t.KeyID()); err == nil {
		text += describeKey(key)
	}
	text += " of " + issuer
	if named {
		text += " (which the token itself names)"
	}
	return text, true
}

func describeKey(k verify.Key) string {
	switch public := k.Public().(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf(" (RSA, %d bits)", public.N.BitLen())
	case *ecdsa.PublicKey:
		return fmt.Sprintf(" (ECDSA, %s)", public.Curve.Params().Name)
	case ed25519.PublicKey:
		return " (Ed25519)"
	}
	return ""
}
