package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/spf13/cobra"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/server"
)

func userCommand(std streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "user",
		Short: "Make IAM users with access keys",
		Args:  exactly(0, "a command"),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(userCreateCommand(std))
	return c
}

func userCreateCommand(std streams) *cobra.Command {
	var flags serverFlags
	var n newUser
	var asJSON bool
	c := &cobra.Command{
		Use:   "create NAME",
		Short: "Make an IAM user with an access key, in one step",
		Long: `Make an IAM user with an access key, attach managed policies to it, and print export lines
for a shell in which the AWS CLI and SDKs act as that user:

    eval "$(sallyport user create ann --policy AmazonAPIGatewayInvokeFullAccess)"

The id and the secret in them are what aws configure asks for. The secret is shown this once.
Without a policy the user may do nothing yet. If a step fails, what was made before it is
removed again. The server must be running; it is asked with its root key.

With --json, one object: {"userName","userId","arn","policies":[ARN...],"accessKeyId",
"secretAccessKey","region","endpointUrl"}.`,
		Args: exactly(1, "one name"),
		RunE: func(c *cobra.Command, args []string) error {
			settings, err := flags.resolve()
			if err != nil {
				return err
			}
			client, err := iamClient(c.Context(), settings)
			if err != nil {
				return err
			}
			n.name = args[0]
			return n.create(c.Context(), client, func(made *madeUser) error {
				if asJSON {
					return printUserJSON(std, settings, made)
				}
				return printUser(std, settings, made)
			})
		},
	}
	flags.add(c.Flags())
	c.Flags().StringArrayVar(&n.policies, "policy", nil, "ARN of a managed policy to attach, or the name of one of AWS's; may be repeated")
	c.Flags().StringVar(&n.path, "path", "/", "path of the user, as it stands in its ARN")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object, for programs")
	return c
}

// iamClient speaks to the server as the account's root. It tries nothing twice:
// what has been made once would look like somebody else's the second time.
func iamClient(ctx context.Context, c config.Config) (*iam.Client, error) {
	key, err := server.RootKey(ctx, c)
	if err != nil {
		return nil, err
	}
	return iam.New(iam.Options{
		BaseEndpoint: aws.String(serverURL(c)), Region: c.Region, HTTPClient: wholeBody{plainClient()}, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: key.AccessKeyID, SecretAccessKey: key.SecretAccessKey.Reveal()}, nil
		}),
	}), nil
}

func printUser(std streams, c config.Config, u *madeUser) error {
	may := "It may do nothing yet: attach a policy to it."
	if len(u.policies) > 0 {
		may = "It may do what these say: " + strings.Join(u.policies, ", ")
	}
	_, err := fmt.Fprintf(std.out, "# %s\n# %s\n# The secret is shown this once. aws configure asks for the same id, secret and region.\n", visible(u.arn), visible(may))
	if err != nil {
		return err
	}
	return printExports(std, c, u.keyID, u.secret.Reveal())
}

func printUserJSON(std streams, c config.Config, u *madeUser) error {
	encoder := json.NewEncoder(std.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		UserName        string   `json:"userName"`
		UserID          string   `json:"userId"`
		ARN             string   `json:"arn"`
		Policies        []string `json:"policies"`
		AccessKeyID     string   `json:"accessKeyId"`
		SecretAccessKey string   `json:"secretAccessKey"`
		Region          string   `json:"region"`
		EndpointURL     string   `json:"endpointUrl"`
	}{u.name, u.id, u.arn, append([]string{}, u.policies...), u.keyID, u.secret.Reveal(), c.Region, serverURL(c)})
}
