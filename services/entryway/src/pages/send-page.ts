import type { FastifyReply } from 'fastify'
import { layout, type Page } from './layout.ts'

export function sendPage(reply: FastifyReply, page: Page): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(layout(page))
}
