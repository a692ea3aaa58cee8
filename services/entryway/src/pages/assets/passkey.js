/**
 * Forms that speak with an authenticator: `data-passkey` says whether it is to create a passkey or to get one, `data-options` where its options come
 * from, `data-verify` who takes its answer and says where to go.
 */
for (const form of document.querySelectorAll('form[data-passkey]')) {
  const button = form.querySelector('button')
  const told = document.createElement('p')
  told.setAttribute('role', 'alert')
  told.className = 'told bad'
  told.hidden = true
  form.append(told)
  const tell = (text) => {
    told.textContent = text
    told.hidden = false
  }
  if (!window.PublicKeyCredential) {
    tell('This browser has no passkeys.')
    continue
  }
  button.disabled = false
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    told.hidden = true
    button.disabled = true
    try {
      await speak(form)
    } catch (error) {
      tell(wordsFor(error))
      button.disabled = false
    }
  })
}

async function speak(form) {
  const fields = Object.fromEntries(new FormData(form))
  const options = await post(form.dataset.options, fields)
  const answer = form.dataset.passkey === 'create' ? await create(options) : await get(options)
  const { to } = await post(form.dataset.verify, { ...fields, answer })
  location.assign(to)
}

async function post(path, body) {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.message)
  return answer
}

async function create(options) {
  const credential = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: options.excludeCredentials.map((it) => ({ ...it, id: bytes(it.id) })),
    },
  })
  const { response } = credential
  return answered(credential, {
    attestationObject: text(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  })
}

async function get(options) {
  const credential = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: options.allowCredentials.map((it) => ({ ...it, id: bytes(it.id) })),
    },
  })
  const { response } = credential
  return answered(credential, {
    authenticatorData: text(response.authenticatorData),
    signature: text(response.signature),
  })
}

function answered({ id, type, response }, own) {
  const clientDataJSON = text(response.clientDataJSON)
  return { id, rawId: id, type, clientExtensionResults: {}, response: { clientDataJSON, ...own } }
}

function wordsFor(error) {
  if (error.name === 'NotAllowedError') return 'No passkey was used: it was cancelled, or it took too long.'
  if (error.name === 'InvalidStateError') return 'This device has a passkey for the account already.'
  return error.message || 'That did not work. Please try again.'
}

function bytes(base64url) {
  const base64 = base64url.replaceAll('-', '+').replaceAll('_', '/')
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

function text(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer))
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
