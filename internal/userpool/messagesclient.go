package userpool

import "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

// What clients of the API read about app clients, their secrets and resource servers.
const (
	textNoScopes        = "A scope needs a ScopeName of 1 to 256 printable characters without space, quote, backslash and slash, and a ScopeDescription of 1 to 256 characters."
	textScopeTwice      = "Scopes must name each ScopeName once."
	textBadIdentifier   = "Identifier must have 1 to 256 printable characters without space, quote and backslash."
	textBadServerName   = "Name must have 1 to 256 characters: letters, digits, space and + = , . @ - _"
	textManyScopes      = "A resource server has at most 100 scopes."
	textManyServers     = "A user pool has at most 25 resource servers."
	textPublicClient    = "Client secrets can be added only to a client that was made with one."
	textTwoSecrets      = "An app client has at most 2 secrets. Delete one to add another."
	textLastSecret      = "The last secret of an app client cannot be deleted."
	textSecretTwice     = "The client has this secret already."
	textNoSecret        = "The client secret does not exist."
	textSecretForm      = "ClientSecret must have 24 to 64 characters: letters, digits, _ and +"
	textRefreshShortest = "Refresh token validity must not be shorter than that of access and ID tokens."
)

func textNoResourceServer(id string) string { return "Resource server " + id + " does not exist." }
func textServerTaken(id, pool string) string {
	return id + " already exists in user pool " + pool + "."
}

func noScope(scope string) error {
	text := "Invalid scope requested: " + scope
	return &types.ScopeDoesNotExistException{Message: &text}
}
