<?php

/**
 * The one admin page with its tabs: reads what the site already knows, never asks the server.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

use Keydesk\Bridge\License\Seat;
use Keydesk\Bridge\License\State;
use Keydesk\Bridge\Site\Breaker;
use Keydesk\Bridge\Site\Config;
use Keydesk\Bridge\Site\Names;
use Keydesk\Bridge\Site\Store;
use Keydesk\Bridge\Support\Attachments;
use Keydesk\Bridge\Support\Tickets;

final class Screens
{
	private const TABS = array('help', 'license', 'contact', 'tickets', 'ticket');

	private Config $config;

	private Names $names;

	private Store $store;

	private Seat $seat;

	private LicenseView $license;

	private Tickets $tickets;

	private Drafts $drafts;

	private Attachments $attachments;

	private Words $words;

	private Assets $assets;

	private Html $html;

	private int $now;

	/** @param array<string, object> $parts made by the roof */
	public function __construct(array $parts, int $now)
	{
		$this->config = $parts['config'];
		$this->names = $parts['names'];
		$this->store = $parts['store'];
		$this->seat = $parts['seat'];
		$this->license = $parts['license'];
		$this->tickets = $parts['tickets'];
		$this->drafts = $parts['drafts'];
		$this->attachments = $parts['attachments'];
		$this->words = $parts['words'];
		$this->assets = $parts['assets'];
		$this->html = $parts['html'];
		$this->now = $now;
	}

	/** Prints the page. The tab comes from a closed list; nothing else of the address is trusted. */
	public function page(): void
	{
		$tab = self::asked('tab', self::TABS, 'help');
		$this->license->look();
		$view = $this->common($tab);
		$view += $this->{"view" . ucfirst($tab)}();
		$this->show('frame', $view);
	}

	/** The tab asked for, for the menu's highlight. */
	public static function asked(string $name, array $known, string $else): string
	{
		$value = isset($_GET[$name]) && is_string($_GET[$name]) ? sanitize_text_field(wp_unslash($_GET[$name])) : '';
		return in_array($value, $known, true) ? $value : $else;
	}

	/** @param array<string, mixed> $view */
	public function show(string $template, array $view): void
	{
		$view += array('html' => $this->html, 'words' => $this->words, 'show' => array($this, 'show'));
		require dirname(__DIR__, 2) . '/templates/' . basename($template) . '.php';
	}

	/** @param array<string, mixed> $view */
	public function text(string $template, array $view): string
	{
		ob_start();
		$this->show($template, $view);
		return (string) ob_get_clean();
	}

	/** @return array<string, mixed> */
	private function common(string $tab): array
	{
		$said = $this->said();
		return array(
			'tab' => $tab,
			'title' => $this->config->name(),
			'server' => $this->config->serverName(),
			'data' => $this->assets->data(),
			'said' => $said,
			'errors' => $said['errors'] ?? array(),
			'offline' => (new Breaker($this->store))->isOpen($this->now),
			'terms' => $this->config->text('terms_url'),
			'privacy' => $this->config->text('privacy_url'),
			'connected' => $this->seat->token() !== '',
			'unread' => (new State($this->store))->unread(),
			'has_moved' => $this->license->state() === 'site_changed',
		);
	}

	/** @return array<string, mixed> */
	private function viewLicense(): array
	{
		return $this->license->all() + array(
			'email' => wp_get_current_user()->user_email,
			'sure' => self::asked('sure', array('moved', 'release'), ''),
		);
	}

	/** @return array<string, mixed> */
	private function viewHelp(): array
	{
		$user = get_current_user_id();
		return array(
			'tickets' => array_slice($this->tickets->digests()->visibleTo($user), 0, 3),
			'waiting' => $this->tickets->waiting($user),
			'docs' => $this->config->text('docs_url'),
			'from' => $this->from(),
		);
	}

	/** @return array<string, mixed> */
	private function viewContact(): array
	{
		$user = wp_get_current_user();
		$preview = $this->parameter('preview', '/^[0-9a-f]{32}$/D');
		$from = $this->from();
		return array(
			'draft' => $this->drafts->kept($user->ID) + array('type' => 'other', 'email' => $user->user_email),
			'preview' => $preview === '' ? null : $this->drafts->shown($preview, $user->ID),
			'limit' => Attachments::limit(),
			'files' => $this->attachments->areOn() && $this->seat->token() !== '',
			'from' => $from,
		);
	}

	/** @return array<string, mixed> */
	private function viewTickets(): array
	{
		$user = get_current_user_id();
		return array(
			'tickets' => $this->tickets->digests()->visibleTo($user),
			'waiting' => $this->tickets->waiting($user),
		);
	}

	/** @return array<string, mixed> */
	private function viewTicket(): array
	{
		$user = get_current_user_id();
		$id = $this->parameter('ticket', '/^[a-z]{2,4}_[0-9a-z]{1,40}$/D');
		$thread = $id === '' ? null : $this->tickets->kept($id, $user);
		$waiting = array_filter($this->tickets->waiting($user), static function (array $item) use ($id): bool {
			return ($item['body']['ticket_id'] ?? '') === $id;
		});
		return array(
			'id' => $id,
			'thread' => $thread,
			'mine' => $thread !== null && $this->tickets->digests()->isBy($thread, $user),
			'waiting' => array_values($waiting),
			'limit' => Attachments::limit(),
			'files' => $this->attachments->areOn(),
		);
	}

	/** What the last act has to say on this page; it was kept for the person who acted. */
	private function said(): array
	{
		$id = $this->parameter('said', '/^[0-9a-f]{16}$/D');
		$said = $id === '' ? null : $this->store->recall('said_' . $id);
		if ($said === null || $said['user'] !== get_current_user_id()) {
			return array();
		}
		if (($said['code_once'] ?? '') !== '') {
			$this->store->forget('said_' . $id); // a code is shown once
		}
		return $said;
	}

	/** The screen from which the person came, as WordPress names it. */
	private function from(): string
	{
		return $this->parameter('from', '/^[a-z0-9_.-]{1,120}$/D');
	}

	private function parameter(string $name, string $pattern): string
	{
		$value = isset($_GET[$name]) && is_string($_GET[$name]) ? sanitize_text_field(wp_unslash($_GET[$name])) : '';
		return preg_match($pattern, $value) === 1 ? $value : '';
	}
}
