/**
 * The role that repos are exported with: it reads what an export is made of and nothing else, whoever's bytes are sent to whomever for
 * how long. The api takes it on inside the transaction of an export (`SET LOCAL ROLE`), so that who connects needs no second login.
 *
 * As in 0002: roles belong to the cluster, may be there already, and several databases may be migrated at once; without the right to
 * make roles, an administrator makes it before, and it is a member of nothing. Locks: ACCESS SHARE on the tables, for a moment.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(makeRole).execute(db)
}

/** Two that give a membership at once: one of them is refused ("tuple concurrently updated"), and tries again. */
const makeRole = `DO $$
  DECLARE
    member name;
  BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'heronry_export') THEN
      BEGIN
        CREATE ROLE heronry_export NOLOGIN;
      EXCEPTION
        WHEN duplicate_object OR unique_violation THEN NULL;
        WHEN insufficient_privilege THEN RAISE NOTICE 'no right to create the role heronry_export';
      END;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'heronry_export') THEN
      RETURN;
    END IF;
    GRANT SELECT ON repo, record, mst_node TO heronry_export;
    FOR member IN SELECT rolname FROM pg_roles WHERE rolname = 'heronry_api' OR (rolname = current_user AND NOT rolsuper) LOOP
      FOR attempt IN 1..20 LOOP
        BEGIN
          EXECUTE format('GRANT heronry_export TO %I', member);
          EXIT;
        EXCEPTION
          WHEN insufficient_privilege THEN EXIT;
          WHEN unique_violation OR internal_error THEN PERFORM pg_sleep(0.05);
        END;
      END LOOP;
    END LOOP;
  END $$`
