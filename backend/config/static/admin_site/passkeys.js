// Lets a form be sent with a passkey. The form has the options of the server in `data-passkey-options`, a hidden
// field that gets the browser's response, and a button `data-passkey`, which is `create` or `get`.
"use strict";

const PARSERS = { create: "parseCreationOptionsFromJSON", get: "parseRequestOptionsFromJSON" };
const FIELDS = { create: "credential", get: "passkey" };

function explain(form, text) {
  const place = form.querySelector("[data-passkey-message]");
  place.textContent = text;
  place.hidden = false;
}

async function usePasskey(form, button) {
  const operation = button.dataset.passkey;
  const options = PublicKeyCredential[PARSERS[operation]](JSON.parse(form.dataset.passkeyOptions));
  button.disabled = true;
  try {
    const credential = await navigator.credentials[operation]({ publicKey: options });
    form.elements[FIELDS[operation]].value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch (error) {
    button.disabled = false;
    explain(form, error.name === "SecurityError"
      ? "Passkeys of this shop don't work at this address; open the admin at the shop's public address."
      : "The browser could not use a passkey, or you cancelled it. Try again.");
  }
}

for (const form of document.querySelectorAll("form[data-passkey-options]")) {
  const button = form.querySelector("[data-passkey]");
  if (window.PublicKeyCredential && PublicKeyCredential[PARSERS[button.dataset.passkey]]) {
    const [source, event] = button.type === "submit" ? [form, "submit"] : [button, "click"];
    source.addEventListener(event, (sent) => {
      sent.preventDefault();
      usePasskey(form, button);
    });
  } else {
    button.disabled = true;
    explain(form, "This browser can't use passkeys here; passkeys need a current browser and HTTPS.");
  }
}
