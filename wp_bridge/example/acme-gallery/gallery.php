<?php

/**
 * The gallery itself: a shortcode that prints pictures of the media library.
 */

namespace Acme\Gallery;

defined('ABSPATH') || exit;

final class Gallery
{
	/** @var object the Keydesk facade: allows(), state(), license_state(), screen_url(), version() */
	private $keydesk;

	public function __construct($keydesk)
	{
		$this->keydesk = $keydesk;
	}

	public function hook()
	{
		add_shortcode('acme_gallery', array($this, 'render'));
		add_action('wp_enqueue_scripts', array($this, 'register'));
	}

	public function register()
	{
		wp_register_style('acme-gallery', plugins_url('gallery.css', __FILE__), array(), '1.2.0');
	}

	public function render($attributes)
	{
		$settings = Settings::read();
		$wanted = shortcode_atts(array('ids' => '', 'columns' => $settings['columns']), $attributes, 'acme_gallery');
		$ids = array_filter(array_map('absint', explode(',', $wanted['ids'])));
		$columns = max(1, min(6, (int) $wanted['columns']));
		$captions = $settings['captions'] && $this->keydesk->allows('captions');
		wp_enqueue_style('acme-gallery');
		$items = '';
		foreach ($ids as $id) {
			$items .= $this->item($id, $captions);
		}
		return sprintf('<div class="acme-gallery" style="--acme-columns:%d">%s</div>', $columns, $items);
	}

	private function item($id, $captions)
	{
		$image = wp_get_attachment_image($id, 'medium_large');
		if ($image === '') {
			return '';
		}
		$caption = $captions ? (string) wp_get_attachment_caption($id) : '';
		$below = $caption === '' ? '' : '<figcaption>' . esc_html($caption) . '</figcaption>';
		return '<figure>' . $image . $below . '</figure>';
	}
}
