package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sallyport/sallyport/internal/outbox"
)

type outboxOptions struct {
	flags  serverFlags
	to     string
	follow bool
	asJSON bool
}

const (
	outboxPath = "/_sallyport/outbox"
	// lookAgain is how often --follow asks for news.
	lookAgain = 500 * time.Millisecond
)

func outboxCommand(std streams) *cobra.Command {
	o := outboxOptions{}
	c := &cobra.Command{
		Use:   "outbox",
		Short: "Show the mails and texts that users are sent",
		Long: `Show what users would have been mailed or texted, the newest last: codes, invitations, temporary
passwords. The server keeps these for a week, and shows the last 500; with --follow, go on with
those that come, until Ctrl-C. Of a message that left by --smtp or --sms-webhook, only that it
did is kept.

The server is asked with its root key, as sallyport explain does.`,
		Example: `  sallyport outbox --to ann@example.com
  sallyport outbox --follow
  sallyport outbox --to ann@example.com --json | tail -1 | jq -r .code`,
		Args: exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			settings, err := o.flags.resolve()
			if err != nil {
				return err
			}
			return o.print(c.Context(), std, knock(c.Context(), settings))
		},
	}
	o.flags.add(c.Flags())
	c.Flags().StringVar(&o.to, "to", "", "only to this mail address or phone number")
	c.Flags().BoolVarP(&o.follow, "follow", "f", false, "go on with those that come")
	c.Flags().BoolVar(&o.asJSON, "json", false, "print one JSON object a line, for programs")
	return c
}

func (o *outboxOptions) print(ctx context.Context, std streams, door *operatorDoor) error {
	var before []json.RawMessage
	for {
		list, err := o.list(ctx, door)
		if err != nil {
			return interrupted(ctx, err)
		}
		for _, m := range slices.Backward(list) {
			if known(before, m) {
				continue
			}
			if err := o.show(std.out, m); err != nil {
				return err
			}
		}
		if !o.follow {
			if len(list) == 0 && !o.asJSON {
				fmt.Fprintln(std.err, "nothing was sent")
			}
			return nil
		}
		before = list
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookAgain):
		}
	}
}

func known(list []json.RawMessage, m json.RawMessage) bool {
	return slices.ContainsFunc(list, func(one json.RawMessage) bool { return string(one) == string(m) })
}

// list is what the server has, newest first.
func (o *outboxOptions) list(ctx context.Context, door *operatorDoor) ([]json.RawMessage, error) {
	path := outboxPath
	if o.to != "" {
		path += "?" + url.Values{"to": {o.to}}.Encode()
	}
	body, status, err := door.read(ctx, path)
	if err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if status != http.StatusOK || json.Unmarshal(body, &list) != nil || list == nil {
		return nil, door.refusal(status, body)
	}
	return list, nil
}

// show prints one message: a line about it, and below it what it says.
func (o *outboxOptions) show(out io.Writer, raw json.RawMessage) error {
	if o.asJSON {
		_, err := fmt.Fprintf(out, "%s\n", raw)
		return err
	}
	var m outbox.Message
	if err := json.Unmarshal(raw, &m); err != nil {
		return fmt.Errorf("the server's answer cannot be read: %w", err)
	}
	var b strings.Builder
	end := "code " + m.Code
	switch outbox.State(m.State) {
	case outbox.Waiting:
		end += ", waiting to be sent"
	case outbox.Delivered, outbox.Failed, outbox.Expired: // what it said is forgotten
		end = m.State
	}
	fmt.Fprintf(&b, "%s  %s to %s  %s of %s in %s  %s\n", m.At.Local().Format(time.DateTime),
		visible(m.Channel), visible(m.To), visible(m.Purpose), visible(m.Username), visible(m.UserPoolID), visible(end))
	text := m.Body
	if m.Subject != "" {
		text = m.Subject + "\n" + text
	}
	for line := range strings.Lines(text) {
		fmt.Fprintf(&b, "    %s\n", visible(strings.TrimRight(line, "\r\n")))
	}
	_, err := io.WriteString(out, b.String())
	return err
}
