package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/server"
)

func envCommand(std streams) *cobra.Command {
	var flags serverFlags
	c := &cobra.Command{
		Use:   "env",
		Short: "Print the exports with which a shell's AWS CLI and SDKs reach this server as root",
		Long: "Print export lines for a shell:\n\n" +
			"    eval \"$(sallyport env)\"\n\n" +
			"The AWS CLI before 2.13 does not read AWS_ENDPOINT_URL; give it --endpoint-url \"$AWS_ENDPOINT_URL\".",
		Args: exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			settings, err := flags.resolve()
			if err != nil {
				return err
			}
			key, err := server.RootKey(c.Context(), settings)
			if err != nil {
				return err
			}
			return printExports(std, settings, key.AccessKeyID, key.SecretAccessKey.Reveal())
		},
	}
	flags.add(c.Flags())
	return c
}

func printExports(std streams, c config.Config, id, secret string) error {
	url := serverURL(c)
	// A token or profile left over from other work would win over the key.
	_, err := fmt.Fprintf(std.out, "unset AWS_SESSION_TOKEN AWS_PROFILE\nexport AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\nexport AWS_REGION=%s\nexport AWS_DEFAULT_REGION=%s\nexport AWS_ENDPOINT_URL=%s\n",
		shellQuote(id), shellQuote(secret), shellQuote(c.Region), shellQuote(c.Region), shellQuote(url))
	return err
}

// shellQuote makes one word of any text for a POSIX shell.
func shellQuote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
