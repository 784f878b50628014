package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sallyport/sallyport/internal/audit"
)

type requestsOptions struct {
	flags  serverFlags
	asked  map[string]*string // parameter of the server's -> what was given
	denied bool
	follow bool
	asJSON bool
	limit  int
}

const (
	requestsPath = "/_sallyport/requests"
	pageSize     = 1000
	usualLimit   = 50
	mostLimit    = 1_000_000
	// silence is how long a stream may say nothing; the server gives a sign of life
	// each 15 seconds.
	silence = time.Minute
)

func requestsCommand(std streams) *cobra.Command {
	o := requestsOptions{asked: map[string]*string{}}
	c := &cobra.Command{
		Use:   "requests",
		Short: "List requests and what became of them, as they come with --follow",
		Long: `List the last requests and what became of them, the newest last; with --follow, go on with those
that come, until Ctrl-C. sallyport explain tells all of one; the first eight characters of its id
are enough there.

In what is searched for, * stands for any characters (quote it for the shell). --caller takes an
ARN or its last part: ann, or anonymous for those whom nobody knows. --since and --until take a
time (2026-01-02T15:04:05Z) or how long ago it was (90m).

What the server asks of itself, for a template say, is listed with --plane program only.

The table takes the width of the terminal, or of $COLUMNS, from 80 columns on; written to a file
or another program it is not cut. With --json, one object a line, as sallyport explain --json has
them, without what policies said.

The server is asked with its root key, as sallyport explain does.`,
		Example: `  sallyport requests --follow --denied
  sallyport requests --route 'POST /pizzas*' --status 4xx --since 1h
  sallyport requests --caller ann --json | jq -r .reason | sort | uniq -c`,
		Args: exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			query, err := o.query()
			if err != nil {
				return err
			}
			settings, err := o.flags.resolve()
			if err != nil {
				return err
			}
			door := knock(c.Context(), settings)
			show := o.show(std.out)
			if o.follow {
				return followRequests(c.Context(), door, query, o.limit, show)
			}
			return o.list(c.Context(), std, door, query, show)
		},
	}
	o.flags.add(c.Flags())
	o.addTo(c.Flags())
	return c
}

func (o *requestsOptions) addTo(flags *pflag.FlagSet) {
	for _, f := range [...]struct{ name, usage string }{
		{"api", "of the API with this id"},
		{"stage", "of this stage"},
		{"route", "for this route, such as 'GET /pizzas/{id}'"},
		{"caller", "of this caller: an ARN, its last part, or anonymous"},
		{"outcome", "passed, refused or failed"},
		{"status", "with this HTTP status, such as 403 or 4xx"},
		{"service", "for this service, such as execute-api or iam"},
		{"operation", "for this operation, such as CreateUser"},
		{"resource", "for this resource: an ARN or its last part"},
		{"since", "not before this time"},
		{"until", "before this time"},
		{"plane", "data (APIs), control (AWS's services) or program"},
	} {
		o.asked[f.name] = flags.String(f.name, "", f.usage)
	}
	flags.BoolVar(&o.denied, "denied", false, "those that were refused: --outcome refused")
	flags.BoolVarP(&o.follow, "follow", "f", false, "go on with those that come")
	flags.IntVarP(&o.limit, "limit", "n", usualLimit, "how many of the last ones")
	flags.BoolVar(&o.asJSON, "json", false, "print one JSON object a line, for programs")
}

func (o *requestsOptions) query() (url.Values, error) {
	query := url.Values{}
	for name, value := range o.asked {
		if *value != "" {
			query.Set(name, *value)
		}
	}
	if o.denied {
		if given := query.Get("outcome"); given != "" && given != "refused" {
			return nil, usageError{fmt.Errorf("--denied asks for what was refused, and --outcome for what %s: give one of them", given)}
		}
		query.Set("outcome", "refused")
	}
	if o.follow && query.Has("until") {
		return nil, usageError{errors.New("--follow goes on from now, so that there can be no --until")}
	}
	if most := map[bool]int{true: pageSize, false: mostLimit}[o.follow]; o.limit < 0 || o.limit > most {
		return nil, usageError{fmt.Errorf("--limit %d is not a number from 0 to %d", o.limit, most)}
	}
	return query, nil
}

// show prints one record.
func (o *requestsOptions) show(out io.Writer) func(line []byte) error {
	if o.asJSON {
		return func(line []byte) error {
			_, err := fmt.Fprintf(out, "%s\n", line)
			return err
		}
	}
	t := newRequestTable(out)
	return func(line []byte) error {
		var r audit.Report
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("the server's answer cannot be read: %w", err)
		}
		return t.row(&r)
	}
}

// list prints what a search finds, the newest last.
func (o *requestsOptions) list(ctx context.Context, std streams, door *operatorDoor, query url.Values, show func([]byte) error) error {
	var all []json.RawMessage
	var dropped struct{ Passed, Refused int64 }
	for len(all) < o.limit {
		query.Set("limit", strconv.Itoa(min(o.limit-len(all), pageSize)))
		body, status, err := door.read(ctx, requestsPath+"?"+query.Encode())
		if err != nil {
			return interrupted(ctx, err)
		}
		var page struct {
			Requests []json.RawMessage
			Next     *string
			Dropped  struct{ Passed, Refused int64 }
		}
		if status != http.StatusOK || json.Unmarshal(body, &page) != nil || page.Next == nil {
			return door.refusal(status, body)
		}
		all, dropped = append(all, page.Requests...), page.Dropped
		if *page.Next == "" {
			break
		}
		query.Set("after", *page.Next)
	}
	for _, line := range slices.Backward(all) {
		if err := show(line); err != nil {
			return err
		}
	}
	if len(all) == 0 && !o.asJSON {
		fmt.Fprintln(std.err, "no request that is kept is like this")
	}
	if dropped.Passed+dropped.Refused > 0 {
		fmt.Fprintf(std.err, "the server could not keep all: since it started, %d that passed and %d that were refused or failed are missing\n", dropped.Passed, dropped.Refused)
	}
	return nil
}

// followRequests prints until ctx ends, which is how it is meant to end.
func followRequests(ctx context.Context, door *operatorDoor, query url.Values, limit int, show func([]byte) error) error {
	query.Set("follow", "true")
	query.Set("limit", strconv.Itoa(limit))
	alive, end := context.WithCancel(ctx)
	defer end()
	watch := time.AfterFunc(silence, end)
	defer watch.Stop()
	client := plainClient()
	client.Timeout = 0
	response, err := door.ask(alive, client, requestsPath+"?"+query.Encode())
	if err != nil {
		return interrupted(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/x-ndjson" {
		body, _ := io.ReadAll(io.LimitReader(response.Body, maxReport)) // what is cut says nothing
		return door.refusal(response.StatusCode, body)
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, maxReport)
	for lines.Scan() {
		watch.Reset(silence)
		if len(bytes.TrimSpace(lines.Bytes())) == 0 { // a sign of life
			continue
		}
		if err := show(lines.Bytes()); err != nil {
			return err
		}
	}
	err = fmt.Errorf("the server at %s has ended", door.base)
	if ctx.Err() == nil && alive.Err() != nil {
		err = fmt.Errorf("the server at %s has fallen silent", door.base)
	}
	return interrupted(ctx, err)
}

// interrupted is err, unless somebody pressed Ctrl-C.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
