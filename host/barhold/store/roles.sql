-- Who may do what in a Barhold database that a team shares. Apply it as the owner of the tables, in their database:
--
--     barhold db roles | psql -v ON_ERROR_STOP=1 postgresql://owner@host/name
--
-- Twice changes nothing; apply it again after an update of Barhold. The tables must be in the schema public.
--
-- A gateway is a computer that syncs sensors. It has a login of its own, may insert, and reads what is of its lifters:
--
--     create role west login password '...' in role barhold_gateway;
--     insert into barhold_access.serves values ('west', 'Ada');   -- a lifter; those whom west adds are its own already
--
-- A coach reads everything but the keys of the sensors, and writes nothing:
--
--     create role anna login password '...' in role barhold_coach;
--
-- What a gateway may read and write goes by the sensor: those that one of its lifters wears now, and those that it
-- stored first and that nobody has worn yet. A hand-over that is dated in the future gives nothing until then. A sensor
-- carries its whole log along when it is handed on: who wore it before sees neither its records nor its key any more.
-- A gateway names its own lifters as wearers, from now on; only on a sensor that no other lifter has worn may it also
-- name an earlier time. Nobody but the owner changes what others said, or deletes or changes a record.

begin;

do $$
begin
    if not exists (select from pg_roles where rolname = 'barhold_gateway') then create role barhold_gateway; end if;
    if not exists (select from pg_roles where rolname = 'barhold_coach') then create role barhold_coach; end if;
end $$;

create schema if not exists barhold_access;
create table if not exists barhold_access.serves (role name, lifter text, primary key (role, lifter));
create table if not exists barhold_access.claim (device_id text primary key, role name not null);

-- Inside a function that runs as the owner, current_user is the owner: this is who called it.
create or replace function barhold_access.me() returns name language sql stable as $$
    select coalesce(nullif(current_setting('role'), 'none')::name, session_user)
$$;

create or replace function barhold_access.my_lifters() returns setof text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select lifter from barhold_access.serves where role = barhold_access.me()
$$;

create or replace function barhold_access.now_ms() returns bigint
language sql stable set search_path = pg_catalog, pg_temp as $$
    select (extract(epoch from now()) * 1000)::bigint
$$;

create or replace function barhold_access.my_devices() returns setof text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with worn as (
        select distinct on (device_id) device_id, lifter from public.wearer
        where since_utc_ms <= barhold_access.now_ms()
        order by device_id, since_utc_ms desc
    )
    select device_id from worn where lifter in (select barhold_access.my_lifters())
    union all
    select device_id from barhold_access.claim
    where role = barhold_access.me() and device_id not in (select device_id from public.wearer)
$$;

create or replace function barhold_access.my_logs() returns setof int
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select number from public.log where device_id in (select barhold_access.my_devices())
$$;

-- Whether a gateway may say that one of its lifters wears a sensor of its own from this time on: not in the future
-- (clocks may differ by five minutes), and not before another lifter's time, which would turn a hand-over back.
create or replace function barhold_access.may_wear(which text, since_ms bigint) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select since_ms <= barhold_access.now_ms() + 300000 and (
        not exists (
            select from public.wearer
            where device_id = which and coalesce(lifter, '') not in (select barhold_access.my_lifters())
        )
        or since_ms > (
            select max(since_utc_ms) from public.wearer
            where device_id = which and since_utc_ms <= barhold_access.now_ms()
        )
    )
$$;

create or replace function barhold_access.added() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not pg_has_role(barhold_access.me(), 'barhold_gateway', 'usage')
        or (select rolsuper from pg_roles where rolname = barhold_access.me()) then return null; end if;
    if tg_table_name = 'device' then
        insert into barhold_access.claim values (new.device_id, barhold_access.me()) on conflict do nothing;
    else
        insert into barhold_access.serves values (barhold_access.me(), new.name) on conflict do nothing;
    end if;
    return null;
end $$;

drop trigger if exists barhold_added on public.device;
create trigger barhold_added after insert on public.device for each row execute function barhold_access.added();
drop trigger if exists barhold_added on public.lifter;
create trigger barhold_added after insert on public.lifter for each row execute function barhold_access.added();

revoke all on schema barhold_access from public;
revoke create on schema public from public;
grant usage on schema public to barhold_gateway, barhold_coach;
grant usage on schema barhold_access to barhold_gateway;
revoke all on all functions in schema barhold_access from public;
grant execute on function
    barhold_access.me, barhold_access.my_lifters, barhold_access.my_devices, barhold_access.my_logs,
    barhold_access.may_wear, barhold_access.now_ms
    to barhold_gateway;

-- What was granted by an earlier version of this file goes first.
revoke all on all tables in schema public from barhold_gateway, barhold_coach;
grant select on alembic_version, device, log, record, anchor, disputed_anchor, quarantine, lifter, wearer, edit,
    recording, imported, boot, training_set to barhold_gateway, barhold_coach;
grant select on set_view, rep_view to barhold_coach;
grant insert on device, log, record, anchor, disputed_anchor, quarantine, trust, lifter, wearer, edit, recording,
    imported, boot, training_set to barhold_gateway;
grant usage on sequence log_number_seq, quarantine_id_seq, training_set_row_id_seq to barhold_gateway;
-- What a sync and a person correct; of a record nothing.
grant update (name, firmware, seen_utc_ms) on device to barhold_gateway;
grant update (received_utc_ms) on log to barhold_gateway;
grant update (t_ms, utc_ms, rtt_ms) on anchor, disputed_anchor to barhold_gateway;
grant update (plan, exercise) on lifter to barhold_gateway;
grant update (lifter) on wearer to barhold_gateway;
grant update (undone_utc_ms) on edit to barhold_gateway;
-- What follows from all this is derived again by whoever changes it; `barhold db check` compares.
grant update, delete on boot, training_set to barhold_gateway;
-- The key proves to a gateway that a sensor is the one it knows.
grant select, delete, update (key, since_utc_ms) on trust to barhold_gateway;
-- Before PostgreSQL 15 a view would show a gateway what is of others.
do $$
begin
    if current_setting('server_version_num')::int >= 150000 then
        grant select on set_view, rep_view to barhold_gateway;
    end if;
end $$;

do $$
declare
    which text;
    mine constant text := '(device_id = any (array(select barhold_access.my_devices())))';
    of_my_logs constant text := '(log_number = any (array(select barhold_access.my_logs())))';
    of_mine constant text := '(lifter = any (array(select barhold_access.my_lifters())))';
    rule text;
begin
    foreach which in array array[
        'device', 'log', 'record', 'anchor', 'disputed_anchor', 'quarantine', 'trust', 'lifter', 'wearer', 'edit',
        'recording', 'imported', 'boot', 'training_set']
    loop
        execute format('alter table public.%I enable row level security', which);
        execute format('drop policy if exists barhold_gateway on public.%I', which);
        execute format('drop policy if exists barhold_gateway_adds on public.%I', which);
        execute format('drop policy if exists barhold_coach on public.%I', which);
        if which <> 'trust' then
            execute format('create policy barhold_coach on public.%I for select to barhold_coach using (true)', which);
        end if;
        rule := case which
            when 'lifter' then '(name = any (array(select barhold_access.my_lifters())))'
            when 'imported' then of_mine
            when 'record' then of_my_logs
            when 'boot' then of_my_logs
            when 'training_set' then of_my_logs
            else mine end;
        if which = 'wearer' then
            execute format('drop policy if exists barhold_gateway_wears on public.%I', which);
            execute format('drop policy if exists barhold_gateway_corrects on public.%I', which);
            execute format('create policy barhold_gateway on public.wearer for select to barhold_gateway using %s', mine);
            execute format('create policy barhold_gateway_wears on public.wearer for insert to barhold_gateway '
                'with check (%s and %s and barhold_access.may_wear(device_id, since_utc_ms))', mine, of_mine);
            execute format('create policy barhold_gateway_corrects on public.wearer for update to barhold_gateway '
                'using (%s and %s) with check (%s and %s)', mine, of_mine, mine, of_mine);
        else
            execute format('create policy barhold_gateway on public.%I to barhold_gateway using %s with check %s',
                which, rule, rule);
        end if;
    end loop;
    -- A sensor or a lifter that nobody knows yet may be added by anybody, and is the gateway's own from then on.
    create policy barhold_gateway_adds on public.device for insert to barhold_gateway with check (true);
    create policy barhold_gateway_adds on public.lifter for insert to barhold_gateway with check (true);
end $$;

commit;
