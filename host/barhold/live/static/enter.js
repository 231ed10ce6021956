// Trades the token for a cookie. It stands after #, so it is in no request line, log or referrer.
const $ = (id) => document.getElementById(id);

async function enter(token) {
  const answer = await fetch("/enter", { method: "POST", body: token });
  if (answer.ok) location.replace("/");
  else $("told").textContent = "This is not the token: scan the code again.";
}

$("form").onsubmit = (event) => {
  event.preventDefault();
  enter($("token").value.trim());
};
const given = location.hash.slice(1);
if (given) {
  history.replaceState(null, "", "/enter");
  enter(given);
}
