package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sallyport/sallyport/internal/audit"
)

func explainCommand(std streams) *cobra.Command {
	var flags serverFlags
	var asJSON bool
	c := &cobra.Command{
		Use:   "explain REQUEST-ID",
		Short: "Tell what happened to a request: who asked for what, and which check or policy decided",
		Long: `Tell what happened to a request: when, who asked, from where and for what; each check and
what came of it; and where policies refused, which statement of which policy did, and what of
every other statement did not fit.

REQUEST-ID is what the client got with its answer: the header x-amzn-RequestId, or of an HTTP
API apigw-requestid, or the request id in an SDK's error; its first eight characters are enough. sallyport requests lists those of
the last requests. The server must be running; it is asked with its root key, which comes
from SALLYPORT_ROOT_ACCESS_KEY_ID and SALLYPORT_ROOT_SECRET_ACCESS_KEY or from its data folder.
It keeps as many records as sallyport up --keep-requests and --keep-requests-for say, and knows
those of all nodes of its database.

With --json, one object:

  {"requestId","time","plane":"control|data|program","outcome":"passed|refused|failed",
   "status","tookMicroseconds","caller","source","userAgent","service","operation","region",
   "resource","api","stage","route","authorizer","reason",
   "steps":[{"name","outcome","detail","afterMicroseconds"}],
   "policies":{"principal","action","resource","decision":"ExplicitDeny|ImplicitDeny","layer",
     "statements":[{"layer","level","policy","statement","sid","effect":"Allow|Deny",
       "applies","decided","clause","detail"}],
     "left","forgotten"},
   "within":[...]}

api, stage, route and authorizer are of requests for APIs, as far as they came. policies is there only where policies refused. Statements are counted from 0; left is how many
were not kept for want of room, and forgotten that none of them are any more. within are the
operations that the server asked of itself on the way, in the same form.`,
		Args: exactly(1, "one request id"),
		RunE: func(c *cobra.Command, args []string) error {
			id := strings.TrimSpace(args[0])
			if uuidForm.MatchString(id) {
				id = strings.ToLower(id) // that of an HTTP API has letters of both cases
			}
			if !requestIDForm.MatchString(id) {
				return usageError{fmt.Errorf("%.80q is no request id: it is what the client got as x-amzn-RequestId, such as 7b1a6f3e-9c5d-4e0f-8a2b-1c3d5e7f9a0b, or from an HTTP API as apigw-requestid, such as JKJaXmPLvHcESHA=", args[0])}
			}
			settings, err := flags.resolve()
			if err != nil {
				return err
			}
			body, err := askOperator(c.Context(), settings, "/_sallyport/requests/"+id)
			if err != nil {
				return err
			}
			if asJSON {
				var pretty bytes.Buffer
				if err := json.Indent(&pretty, bytes.TrimSpace(body), "", "  "); err != nil {
					return fmt.Errorf("the server's answer cannot be read: %w", err)
				}
				_, err := fmt.Fprintln(std.out, pretty.String())
				return err
			}
			var report audit.Report
			if err := json.Unmarshal(body, &report); err != nil {
				return fmt.Errorf("the server's answer cannot be read: %w", err)
			}
			_, err = std.out.Write([]byte(explained(&report)))
			return err
		},
	}
	flags.add(c.Flags())
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object, for programs")
	return c
}

var (
	uuidForm      = regexp.MustCompile(`^[0-9A-Fa-f-]+$`)
	requestIDForm = regexp.MustCompile(`^[0-9A-Za-z_-]{8,64}=?$`)
)
