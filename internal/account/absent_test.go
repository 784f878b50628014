package account_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// What clients ask before they delete a user or a role.
func TestWhatNobodyHasIsListedAsNothing(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	w.user("ann", "")
	w.role("r", trust(wholeAccount), "")
	profiles, err := c.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: new("r")})
	if err != nil || len(profiles.InstanceProfiles) != 0 || profiles.IsTruncated {
		t.Errorf("instance profiles: %v", err)
	}
	devices, err := c.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: new("ann")})
	if err != nil || len(devices.MFADevices) != 0 {
		t.Errorf("devices: %v", err)
	}
	for name, ask := range map[string]func(user *string) error{
		"ListMFADevices": func(user *string) error {
			_, err := c.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: user})
			return err
		},
		"ListSSHPublicKeys": func(user *string) error {
			_, err := c.ListSSHPublicKeys(ctx, &iam.ListSSHPublicKeysInput{UserName: user})
			return err
		},
		"ListSigningCertificates": func(user *string) error {
			_, err := c.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{UserName: user})
			return err
		},
		"ListServiceSpecificCredentials": func(user *string) error {
			_, err := c.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{UserName: user})
			return err
		},
	} {
		for _, user := range []*string{nil, new("ann")} {
			if err := ask(user); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.says(name, ask(new("bob")), "NoSuchEntity", "The user with name bob cannot be found.")
	}
	_, err = c.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: new("gone")})
	w.says("of a role that is not there", err, "NoSuchEntity", "The role with name gone cannot be found.")
	_, err = c.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: new("ann")})
	w.says("a login", err, "NoSuchEntity", "Login Profile for User ann cannot be found.")
	_, err = c.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: new("bob")})
	w.says("a login of nobody", err, "NoSuchEntity", "The user with name bob cannot be found.")
}
