// What the pool asks this function: may somebody sign up, and what do their
// tokens say of them?
//
// An error is the refusal: its text reaches whoever asks. What the function
// returns counts and nothing else, so a forgotten return lets nobody in.
export const handler = async (event) => {
  switch (event.triggerSource) {
    case 'PreSignUp_SignUp':
      admit(event.request.userAttributes.email ?? '');
      return event;
    case 'TokenGeneration_Authentication':
    case 'TokenGeneration_NewPasswordChallenge':
    case 'TokenGeneration_AuthenticateDevice':
    case 'TokenGeneration_RefreshTokens':
      event.response = {
        claimsAndScopeOverrideDetails: {
          accessTokenGeneration: {
            claimsToAddOrOverride: { membership: 'gold' },
            scopesToAdd: ['members/read'],
          },
        },
      };
      return event;
  }
  throw new Error('This door is closed.'); // AdminCreateUser, users of other providers
};

// admit lets addresses of one domain in. The address is proved afterwards, by the
// code that is sent to it: until then nobody can sign in.
function admit(email) {
  if (!email.toLowerCase().endsWith('@' + process.env.DOMAIN)) {
    throw new Error(`Members have an address at ${process.env.DOMAIN}`);
  }
}
