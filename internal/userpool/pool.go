package userpool

import (
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Pool is a user pool: who may be in it, under which names and which rules.
type Pool struct {
	ID       string
	Name     string
	Region   string
	Created  time.Time
	Modified time.Time

	Protected     bool // deletion protection
	CaseSensitive bool
	Aliases       []string `json:",omitempty"` // attributes that work as a user name beside it
	UsernameFrom  []string `json:",omitempty"` // attributes that are the user name; it is then the sub
	AutoVerified  []string `json:",omitempty"`
	Schema        Schema
	Policy        PasswordPolicy
	AdminOnly     bool // only administrators make users
	Invitation    MessageText
	Tier          string
	Security      types.AdvancedSecurityModeType `json:",omitempty"` // threat protection; "": never asked for
	Risk          *Risk                          `json:",omitempty"`
	Tags          map[string]string              `json:",omitempty"`
	Devices       *DeviceSettings                `json:",omitempty"` // nil: devices are not tracked
	Passkeys      PasskeySettings                `json:",omitzero"`

	Lambda *types.LambdaConfigType `json:",omitempty"` // triggers; nil: none
	MFA    MFASettings             `json:",omitzero"`
	Shown  ShownSettings
}

// MessageText is a message to a user, with {username} and {####} to fill in.
type MessageText struct{ Subject, Email, SMS string }

// ShownSettings are kept and shown as they came. Messages, recovery and how
// addresses change go by them (delivery.go, ownattributes.go), and who mails are
// from (mailsettings.go). Roles and regions of SMS settings are about SNS, where
// this server has its own ways out.
type ShownSettings struct {
	Email                    *types.EmailConfigurationType          `json:",omitempty"`
	EmailVerificationMessage *string                                `json:",omitempty"`
	EmailVerificationSubject *string                                `json:",omitempty"`
	SMS                      *types.SmsConfigurationType            `json:",omitempty"`
	SMSAuthenticationMessage *string                                `json:",omitempty"`
	SMSVerificationMessage   *string                                `json:",omitempty"`
	VerificationTemplate     *types.VerificationMessageTemplateType `json:",omitempty"`
	AttributeUpdate          *types.UserAttributeUpdateSettingsType `json:",omitempty"`
	Recovery                 *types.AccountRecoverySettingType      `json:",omitempty"`
	SignIn                   *types.SignInPolicyType                `json:",omitempty"`
	InviteTemplate           *types.MessageTemplateType             `json:",omitempty"`
	Key                      *types.KeyConfigurationType            `json:",omitempty"` // only ever AWS_OWNED_KEY: ours
	Issuer                   *types.IssuerConfigurationType         `json:",omitempty"` // only ever ORIGINAL
}

const (
	attributeUsername = "username"

	maxPools   = 1000  // a region
	maxClients = 1000  // a pool
	maxGroups  = 10000 // a pool
	maxJoined  = 100   // groups of one user
	maxTags    = 50
)

// temporaryValidity is how long a temporary password works.
func (p *Pool) temporaryValidity() time.Duration {
	return time.Duration(p.Policy.TemporaryDays) * 24 * time.Hour
}

// arn is the ARN of a pool, existing or not.
func arn(region, account, poolID string) string {
	return "arn:aws:cognito-idp:" + region + ":" + account + ":userpool/" + poolID
}

// poolOfARN returns the region and id that a pool's ARN names.
func poolOfARN(text, account string) (region, id string, ok bool) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[1] != "aws" || parts[2] != "cognito-idp" || parts[4] != account {
		return "", "", false
	}
	id, ok = strings.CutPrefix(parts[5], "userpool/")
	return parts[3], id, ok && strings.HasPrefix(id, parts[3]+"_")
}

const (
	alphanumeric      = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lowerAlphanumeric = "0123456789abcdefghijklmnopqrstuvwxyz"
)

// randomText draws n characters of alphabet, each equally likely.
func randomText(random io.Reader, alphabet string, n int) (string, error) {
	text := make([]byte, 0, n)
	fair := 256 - 256%len(alphabet)
	var buffer [64]byte
	for len(text) < n {
		if _, err := io.ReadFull(random, buffer[:]); err != nil {
			return "", err
		}
		for _, b := range buffer {
			if int(b) < fair && len(text) < n {
				text = append(text, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(text), nil
}

// newPoolID has the region in front, as AWS's ids do: clients read it from there.
func newPoolID(random io.Reader, region string) (string, error) {
	suffix, err := randomText(random, alphanumeric, 9)
	return region + "_" + suffix, err
}

// newUUID is a random (version 4) UUID, RFC 9562.
func newUUID(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", err
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return uuidText(b), nil
}

func uuidText(b [16]byte) string {
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 36)
	for i, v := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			text = append(text, '-')
		}
		text = append(text, digits[v>>4], digits[v&15])
	}
	return string(text)
}
