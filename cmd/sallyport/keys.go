package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sallyport/sallyport/internal/userpool"
)

type keysOptions struct {
	flags  serverFlags
	now    bool
	asJSON bool
}

func keysCommand(std streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "keys",
		Short: "See and rotate the keys that sign a user pool's tokens",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no command keys %q; see sallyport keys --help", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(listKeysCommand(std), rotateKeysCommand(std))
	return c
}

func listKeysCommand(std streams) *cobra.Command {
	o := keysOptions{}
	c := &cobra.Command{
		Use:   "list POOL",
		Short: "Show a user pool's signing keys",
		Args:  exactly(1, "the id of a user pool"),
		RunE: func(c *cobra.Command, args []string) error {
			return o.run(c.Context(), std, http.MethodGet, "/_sallyport/keys", url.Values{"pool": {args[0]}})
		},
	}
	o.flags.add(c.Flags())
	c.Flags().BoolVar(&o.asJSON, "json", false, "print JSON, for programs")
	return c
}

func rotateKeysCommand(std streams) *cobra.Command {
	o := keysOptions{}
	c := &cobra.Command{
		Use:   "rotate POOL",
		Short: "Give a user pool new signing keys",
		Long: `Give a user pool new keys for its ID and access tokens. They are published at once and sign six
minutes later, when everybody who keeps the key set has them; the old keys go on to verify what they
have signed and leave by themselves a day after that. No token is lost. While new keys wait, rotating
again changes nothing.

With --now, for a key that somebody may have stolen, the old keys are gone at once: every ID and access
token of the pool is dead, and applications get new ones with their refresh tokens. Whoever verifies
tokens by a kept key set and does not look again may refuse the new ones for up to five minutes.

The server is asked with its root key, as sallyport explain does.`,
		Example: `  sallyport keys rotate eu-west-1_AbCdEfGhI
  sallyport keys rotate eu-west-1_AbCdEfGhI --now`,
		Args: exactly(1, "the id of a user pool"),
		RunE: func(c *cobra.Command, args []string) error {
			q := url.Values{"pool": {args[0]}}
			if o.now {
				q.Set("now", "true")
			}
			return o.run(c.Context(), std, http.MethodPost, "/_sallyport/keys/rotate", q)
		},
	}
	o.flags.add(c.Flags())
	c.Flags().BoolVar(&o.now, "now", false, "drop the old keys at once: all tokens signed by them are dead")
	c.Flags().BoolVar(&o.asJSON, "json", false, "print JSON, for programs")
	return c
}

func (o *keysOptions) run(ctx context.Context, std streams, method, path string, query url.Values) error {
	settings, err := o.flags.resolve()
	if err != nil {
		return err
	}
	door := knock(ctx, settings)
	body, status, err := door.send(ctx, method, path+"?"+query.Encode())
	if err != nil {
		return interrupted(ctx, err)
	}
	var report struct{ Keys []userpool.KeyState }
	if status != http.StatusOK || json.Unmarshal(body, &report) != nil || report.Keys == nil {
		return door.refusal(status, body)
	}
	if o.asJSON {
		_, err := std.out.Write(body)
		return err
	}
	return showKeys(std.out, report.Keys)
}

func showKeys(out io.Writer, keys []userpool.KeyState) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "USE\tSTATE\tSIGNS FROM\tLEAVES\tKEY ID")
	for _, k := range keys {
		leaves := "-"
		if !k.Leaves.IsZero() {
			leaves = k.Leaves.Local().Format(time.DateTime)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", visible(string(k.Use)), visible(k.State), k.SignsFrom.Local().Format(time.DateTime), leaves, visible(k.ID))
	}
	return table.Flush()
}
