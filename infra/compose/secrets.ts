import { houseSecrets } from './house-secrets.ts'

/** `docker run --rm heronry node infra/compose/secrets.ts >> .env` */
for (const [name, value] of Object.entries(houseSecrets())) process.stdout.write(`${name}='${value}'\n`)
