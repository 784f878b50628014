package userpool

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

const (
	columnUsername = "cognito:username"
	columnMFA      = "cognito:mfa_enabled"
	maxImported    = 500000 // users of a file, as at AWS
	maxRow         = 64000  // bytes: 16000 characters, as at AWS
)

// columns are what a file may say about each user of the pool.
func (p *Pool) columns() []string {
	var list []string
	for _, a := range p.Schema {
		if a.Name != attributeSub && a.Name != attributeIdentities && !a.DeveloperOnly {
			list = append(list, a.Name)
		}
	}
	return append(list, columnMFA, columnUsername)
}

// GetCSVHeader lists the columns of a file to import users from.
func (s *Service) GetCSVHeader(_ context.Context, call *access.Call, in *idp.GetCSVHeaderInput) (*idp.GetCSVHeaderOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return &idp.GetCSVHeaderOutput{UserPoolId: &p.ID, CSVHeader: p.columns()}, nil
}

// checkHeader says what is wrong with the first row of a file, or "".
func (p *Pool) checkHeader(header []string) string {
	known := p.columns()
	for i, name := range header {
		switch {
		case !slices.Contains(known, name):
			return "The header of the file has a column that the user pool does not have. GetCSVHeader shows those it has."
		case slices.Contains(header[:i], name):
			return "The header of the file has the column " + name + " twice."
		}
	}
	needed := []string{columnUsername, columnMFA}
	for _, a := range p.Schema {
		if a.Required && a.Name != attributeSub {
			needed = append(needed, a.Name)
		}
	}
	for _, name := range needed {
		if !slices.Contains(header, name) {
			return "The header of the file lacks the column " + name + "."
		}
	}
	if !slices.Contains(header, attributeEmailVerified) && !slices.Contains(header, attributePhoneVerified) {
		return "The header of the file lacks the column email_verified or phone_number_verified."
	}
	return ""
}

// errRow is why a row makes no user, in words without anything of the row.
type errRow string

func (e errRow) Error() string { return string(e) }

// errThere: the user of a row is in the pool already, and the row is skipped.
const errThere = errRow("The user already exists.")

// importedUser is the user that a row describes. They have no password: they
// get one by the address that is said to be verified.
func (s *Service) importedUser(p *Pool, header, row []string, now time.Time) (*User, error) {
	if len(row) != len(header) {
		return nil, errRow("The row has more or fewer fields than the header.")
	}
	values := make(map[string]string, len(row))
	for i, name := range header {
		if row[i] != "" {
			values[name] = row[i]
		}
	}
	name, mfa := values[columnUsername], strings.ToLower(values[columnMFA])
	delete(values, columnUsername)
	delete(values, columnMFA)
	if name == "" { // where addresses are the names, one of them is
		for _, a := range p.UsernameFrom {
			if name = values[a]; name != "" {
				break
			}
		}
	}
	if mfa != "true" && mfa != "false" {
		return nil, errRow("cognito:mfa_enabled must be true or false.")
	}
	proved := false
	for _, a := range []string{attributeEmail, attributePhone} {
		if strings.EqualFold(values[a+"_verified"], "true") {
			if values[a] == "" {
				return nil, errRow(a + "_verified is true without " + a + ".")
			}
			proved = true
		}
	}
	if !proved {
		return nil, errRow("Neither email_verified nor phone_number_verified is true.")
	}
	in := &idp.AdminCreateUserInput{Username: &name}
	for _, a := range sortedNames(values) {
		in.UserAttributes = append(in.UserAttributes, types.AttributeType{Name: &a, Value: ptr(values[a])})
	}
	u, err := s.newUser(p, in, now)
	if refusal := smithy.APIError(nil); errors.As(err, &refusal) {
		return nil, errRow(refusal.ErrorMessage())
	}
	if err != nil {
		return nil, err
	}
	if missing := p.Schema.missing(u.Attributes); len(missing) > 0 {
		return nil, errRow(textRequired(missing[0]))
	}
	u.Status = ResetRequired
	if mfa == "true" {
		if !p.offers(FactorSMS) || !u.can(FactorSMS) {
			return nil, errRow("cognito:mfa_enabled is true, but the user pool has no MFA by SMS or the user no phone_number.")
		}
		u.Second.enable(FactorSMS)
	}
	return u, nil
}

// admitImported puts a user in whose names are all free. It looks first: after a
// conflict a transaction could not go on with the next one.
func admitImported(ctx context.Context, tx *store.Tx, p *Pool, u *User) error {
	names := p.names(u)
	for _, name := range sortedNames(names) {
		_, err := nameTable.Get(ctx, tx, p.ID, name)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if kind := names[name]; kind == attributeUsername || kind == attributeSub || len(p.UsernameFrom) > 0 {
			return errThere
		}
		return errRow("Another user has the same alias.") // which is theirs, and stays so
	}
	return insertUser(ctx, tx, p, u)
}
