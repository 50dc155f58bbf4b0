<?php

/**
 * Where the objects are made, each once and only when somebody needs it.
 */

declare(strict_types=1);

namespace Keydesk\Bridge;

use Keydesk\Bridge\Admin\AskActs;
use Keydesk\Bridge\Admin\Assets;
use Keydesk\Bridge\Admin\Dispatcher;
use Keydesk\Bridge\Admin\Drafts;
use Keydesk\Bridge\Admin\Html;
use Keydesk\Bridge\Admin\LicenseActs;
use Keydesk\Bridge\Admin\LicenseAnswers;
use Keydesk\Bridge\Admin\LicenseView;
use Keydesk\Bridge\Admin\LicenseWords;
use Keydesk\Bridge\Admin\MailActs;
use Keydesk\Bridge\Admin\QueueActs;
use Keydesk\Bridge\Admin\Screens;
use Keydesk\Bridge\Admin\SiteActs;
use Keydesk\Bridge\Admin\ThreadActs;
use Keydesk\Bridge\Admin\Words;
use Keydesk\Bridge\License\Room;
use Keydesk\Bridge\License\State;
use Keydesk\Bridge\Site\Config;
use Keydesk\Bridge\Site\Diagnostics;
use Keydesk\Bridge\Site\Guard;
use Keydesk\Bridge\Site\Identity;
use Keydesk\Bridge\Site\Names;
use Keydesk\Bridge\Site\Queue;
use Keydesk\Bridge\Site\Store;
use Keydesk\Bridge\Site\Ticker;
use Keydesk\Bridge\Site\WpTransport;
use Keydesk\Bridge\Support\Attachments;
use Keydesk\Bridge\Support\Tickets;

final class Workshop
{
	private Config $config;

	private Names $names;

	private Store $store;

	private Guard $guard;

	private string $mainFile;

	private string $folder;

	/** @var callable(string, array<string, string>): string */
	private $url;

	private int $now;

	/** @var array<string, object> */
	private array $made = array();

	/**
	 * @param array<string, object> $ground config, names, store, guard
	 * @param callable(string, array<string, string>): string $url
	 */
	public function __construct(array $ground, string $mainFile, string $folder, callable $url, int $now)
	{
		$this->config = $ground['config'];
		$this->names = $ground['names'];
		$this->store = $ground['store'];
		$this->guard = $ground['guard'];
		$this->mainFile = $mainFile;
		$this->folder = $folder;
		$this->url = $url;
		$this->now = $now;
	}

	/** @param string $owner capability for the license */
	public function dispatcher(string $capability, string $owner): Dispatcher
	{
		$this->transport()->forPerson();
		$words = $this->words();
		$dispatcher = new Dispatcher($this->names, $this->guard, $this->store, $words, $this->url, $this->now);
		$tickets = $this->tickets();
		$render = array($this->screens(), 'text');
		$room = $this->room();
		$told = new LicenseAnswers($words, new LicenseWords($this->html()), $this->html());
		$license = new LicenseActs($room->licensing(), $room->moving(), $tickets->digests(), $told);
		$license->addTo($dispatcher, $owner);
		(new SiteActs($room->moving(), $told))->addTo($dispatcher, $owner);
		(new MailActs($room->keyMail(), $told))->addTo($dispatcher, $owner);
		$ask = new AskActs($tickets, $this->drafts(), $words, $render, $this->pluginVersion());
		$ask->addTo($dispatcher, $capability);
		$thread = new ThreadActs($tickets, $this->drafts(), $words, $render, $this->config->server());
		$thread->addTo($dispatcher, $capability);
		$queue = new QueueActs($tickets, $this->queue(), $words, array($this, 'drain'));
		$queue->addTo($dispatcher, $capability);
		return $dispatcher;
	}

	/** Sends what is due until the deadline. */
	public function drain(int $now, int $deadline): void
	{
		$senders = $this->tickets()->senders();
		$senders['release'] = $this->room()->licensing()->releaser($now);
		$this->queue()->drain($senders, $now, $deadline);
	}

	/** The daily call; hourly while somebody waits for an answer. */
	public function checkInWhenDue(int $now): void
	{
		$due = $this->store->read('state')['check'] ?? 0;
		if ($due === 0 || $due > $now || $this->identity()->isElsewhere()) {
			return;
		}
		$outcome = $this->room()->licensing()->checkIn($now);
		$digests = $this->tickets()->digests();
		$digests->absorb((array) ($outcome->list('replies')['items'] ?? array()));
		$next = (int) ($this->store->read('state')['check'] ?? 0);
		if ($outcome->isDone() && $next > $now + 3600 && $digests->someoneWaits($now)) {
			$this->store->merge('state', array('check' => $now + 3600));
		}
	}

	public function identity(): Identity
	{
		return $this->once('identity', function (): Identity {
			return new Identity($this->store);
		});
	}

	public function ticker(): Ticker
	{
		return $this->once('ticker', function (): Ticker {
			return new Ticker($this->store, $this->names);
		});
	}

	public function room(): Room
	{
		return $this->once('room', function (): Room {
			$ground = array('config' => $this->config, 'store' => $this->store);
			$ground += array('identity' => $this->identity(), 'queue' => $this->queue());
			return new Room($ground, array($this, 'transport'), $this->pluginVersion());
		});
	}

	public function attachments(): Attachments
	{
		return $this->once('attachments', function (): Attachments {
			return new Attachments($this->store);
		});
	}

	public function tickets(): Tickets
	{
		return $this->once('tickets', function (): Tickets {
			return new Tickets($this->room()->api(), $this->queue(), $this->attachments(), $this->store, $this->identity());
		});
	}

	public function assets(): Assets
	{
		return $this->once('assets', function (): Assets {
			$base = plugins_url('', $this->folder . '/bootstrap.php') . '/';
			return new Assets($this->names, $base, $this->config->text('bridge_version'));
		});
	}

	public function screens(): Screens
	{
		return $this->once('screens', function (): Screens {
			return new Screens(array(
				'config' => $this->config,
				'names' => $this->names,
				'store' => $this->store,
				'seat' => $this->room()->seat(),
				'license' => new LicenseView($this->store, $this->room(), new LicenseWords($this->html()), $this->now),
				'tickets' => $this->tickets(),
				'drafts' => $this->drafts(),
				'attachments' => $this->attachments(),
				'words' => $this->words(),
				'assets' => $this->assets(),
				'html' => $this->html(),
			), $this->now);
		});
	}

	private function queue(): Queue
	{
		return $this->once('queue', function (): Queue {
			return new Queue($this->store, $this->identity(), $this->ticker());
		});
	}

	public function transport(): WpTransport
	{
		return $this->once('transport', function (): WpTransport {
			return new WpTransport($this->config, $this->store, $this->guard, $this->pluginVersion(), $this->now);
		});
	}

	private function html(): Html
	{
		return new Html($this->names, $this->url);
	}

	private function words(): Words
	{
		return $this->once('words', static function (): Words {
			return new Words();
		});
	}

	private function drafts(): Drafts
	{
		return $this->once('drafts', function (): Drafts {
			$diagnostics = new Diagnostics($this->guard, $this->names);
			$folder = dirname(plugin_basename($this->mainFile));
			return new Drafts($this->store, $diagnostics, $this->attachments(), array($this, 'product'), $folder);
		});
	}

	/**
	 * The rows about the plugin itself that a question may carry.
	 *
	 * @return array<string, string>
	 */
	public function product(string $from): array
	{
		$license = $this->room()->seat()->described()['license'];
		$rows = array(
			$this->config->name() => $this->pluginVersion(),
			'Bridge' => $this->config->text('bridge_version'),
			'License' => (new State($this->store))->name($this->now),
			'Plan' => is_string($license['plan']['name'] ?? null) ? $license['plan']['name'] : '',
			'Screen' => $from,
		);
		return array_filter($rows);
	}

	private function pluginVersion(): string
	{
		$header = get_file_data($this->mainFile, array('version' => 'Version'));
		return (string) $header['version'];
	}

	/**
	 * @template T of object
	 * @param callable(): T $make
	 * @return T
	 */
	private function once(string $name, callable $make): object
	{
		if (!isset($this->made[$name])) {
			$this->made[$name] = $make();
		}
		return $this->made[$name];
	}
}
