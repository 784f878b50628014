// What is behind the door. It reads who is there and trusts it: the API has
// proved the token before this runs.
export const handler = async (event) => {
  const { sub, membership } = event.requestContext.authorizer.jwt.claims;
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ welcome: sub, membership }),
  };
};
