package template

import (
	"context"
	"math/big"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/sallyport/sallyport/internal/keyring"
)

// A user of CloudFormation has no password. Sallyport takes one from the
// resource's metadata, so that a template can be tried right away and still
// deploys to AWS unchanged:
//
//	Metadata:
//	  Sallyport:
//	    PermanentPassword: Generate        # made up, kept sealed, and shown by each deploy
//	    PermanentPassword: !Ref Password   # or: from a parameter, best one with NoEcho
//
// The fingerprint of the metadata is part of the row like any property. A
// password of the template's own is kept nowhere but, hashed, in the user pool.
var userMetadata = fields{"PermanentPassword": str}

const passwordProperty = "Metadata.Sallyport.PermanentPassword"

var userPoolUserType = &resourceType{
	name: "AWS::Cognito::UserPoolUser",
	properties: fields{
		"UserPoolId": str.must().replaces(), "Username": str.must().replaces(),
		"UserAttributes":         listing(records(fields{"Name": str.must(), "Value": str})).replaces(),
		"MessageAction":          oneOf("RESEND", "SUPPRESS").replaces(),
		"DesiredDeliveryMediums": strs.replaces(), "ForceAliasCreation": flag.replaces(),
		"ValidationData": listing(records(fields{"Name": str.must(), "Value": str})).replaces(),
		"ClientMetadata": strMap.replaces(),
		passwordProperty: str.internal(),
	},
	identity: []string{"UserPoolId", "Username"}, unique: true,
	create: createUser, update: updateUser, remove: removeUser, find: findUser,
}

func createUser(ctx context.Context, w *work) error {
	var in cognito.AdminCreateUserInput
	if err := into(w.properties, &in); err != nil {
		return err
	}
	out, err := invoke[cognito.AdminCreateUserOutput](ctx, w.deploy, cognitoIDP, "AdminCreateUser", &in)
	if err != nil {
		return err
	}
	w.userIs(aws.ToString(out.User.Username))
	return w.setPassword(ctx)
}

// userIs takes the pool's own name for the user: where people sign in with
// their address, it is not the one that the template gives.
func (w *work) userIs(username string) {
	w.row.PhysicalID = w.text("Username")
	w.row.Handles = map[string]string{"UserPoolId": w.text("UserPoolId"), "Username": username}
}

// updateUser is only ever about the password: all else needs a new user.
func updateUser(ctx context.Context, w *work) error { return w.setPassword(ctx) }

func removeUser(ctx context.Context, w *work) error {
	_, err := invoke[cognito.AdminDeleteUserOutput](ctx, w.deploy, cognitoIDP, "AdminDeleteUser",
		&cognito.AdminDeleteUserInput{UserPoolId: ptr(w.row.Handles["UserPoolId"]), Username: &w.row.PhysicalID})
	return unlessGone(err)
}

func findUser(ctx context.Context, w *work) (bool, error) {
	pool, name := w.text("UserPoolId"), w.text("Username")
	out, err := invoke[cognito.AdminGetUserOutput](ctx, w.deploy, cognitoIDP, "AdminGetUser",
		&cognito.AdminGetUserInput{UserPoolId: &pool, Username: &name})
	if err != nil {
		return false, unlessGone(err)
	}
	if ours, err := w.madeBy(ctx, name, pool, out.UserCreateDate); err != nil || !ours {
		return false, err
	}
	w.userIs(aws.ToString(out.Username))
	return true, nil
}

func (w *work) setPassword(ctx context.Context) error {
	password := w.text(passwordProperty)
	if password == "" { // from now on it is the user's own affair
		w.row.Password = nil
		return nil
	}
	generated := password == "Generate"
	if generated {
		var err error
		if password, err = w.password(); err != nil {
			return err
		}
	}
	pool := w.row.Handles["UserPoolId"]
	_, err := invoke[cognito.AdminSetUserPasswordOutput](ctx, w.deploy, cognitoIDP, "AdminSetUserPassword",
		&cognito.AdminSetUserPasswordInput{UserPoolId: &pool, Username: &w.row.PhysicalID, Password: &password, Permanent: true})
	if err != nil {
		return err
	}
	w.row.Password = nil
	if generated {
		w.row.Password, err = w.Keys.Seal(keyring.Templates, passwordID(w.row), []byte(password))
	}
	return err
}

// passwordID binds a sealed password to the one row that may show it.
func passwordID(row *resourceRow) string { return row.Stack + "/" + row.Token + "/password" }

// password makes 20 characters, about 110 bits, with one of each class that a
// pool's policy can ask for, and none that a shell would take for its own.
func (w *work) password() (string, error) {
	classes := []string{"abcdefghijkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "-_.+="}
	all := classes[0] + classes[1] + classes[2]
	made := make([]byte, 20)
	for i := range made {
		from := all
		// The classes stand in the middle: a password never begins with a sign.
		if c := i - 8; c >= 0 && c < len(classes) {
			from = classes[c]
		}
		k, err := w.number(big.NewInt(int64(len(from))))
		if err != nil {
			return "", err
		}
		made[i] = from[k]
	}
	return string(made), nil
}
